"""What a group allows of messages to its customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """When customers are left alone, and how many messages they get in seven days at most."""

    quiet_from: time = time(20)
    quiet_to: time = time(9)
    cap: int = 3


def contact_policy() -> ContactPolicy:
    return ContactPolicy()
