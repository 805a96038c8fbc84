"""What a group allows of messages to its customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from forecourt.kernel.group_settings import value_of


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """When customers are left alone, and how many messages they get in seven days at most."""

    quiet_from: time
    quiet_to: time
    cap: int


def contact_policy() -> ContactPolicy:
    return ContactPolicy(
        quiet_from=value_of("notifications.customer_quiet_from"),
        quiet_to=value_of("notifications.customer_quiet_to"),
        cap=value_of("notifications.customer_cap"),
    )
