"""The customer's one-click way out of a channel: a signed address that works without signing in.

The signature's salt names the group's schema, so an address of one group is worth nothing at
another's.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from apps.notifications.models import Delivery
from forecourt.kernel.groups import current_schema, site_url


@dataclass(frozen=True, slots=True)
class WayOut:
    """Who wants no more of what."""

    kind: str
    customer_id: int
    channel: str


def address_for(row: Delivery) -> str:
    token = signing.dumps(
        [row.recipient_kind, row.recipient_id, row.channel], salt=_salt(), compress=True
    )
    return site_url(reverse("notifications:opt_out", args=[token]))


def read(token: str) -> WayOut | None:
    """What a token says; None for one that was altered or is another group's."""
    try:
        kind, customer_id, channel = signing.loads(token, salt=_salt())
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return WayOut(str(kind), int(customer_id), str(channel))


def _salt() -> str:
    return f"notifications.opt_out:{current_schema()}"
