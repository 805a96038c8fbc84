"""Signed links of the local store: each says what it is for, and nothing else can be done with it.

The signature is made with the schema of the group, so a link is worth nothing at another group's
address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse

from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema


class TicketRefused(Exception):
    """The link is altered, of another group, for something else, or late.

    ``is_late`` tells the last of these: whoever has the right to a new link may ask for one.
    """

    def __init__(self, *, is_late: bool = False) -> None:
        super().__init__("late" if is_late else "refused")
        self.is_late = is_late


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link allows: to put or to get the bytes under one name.

    Of a PUT ``size`` and ``content_type`` are binding, ``upload_id`` and ``number`` name the part.
    Of a GET ``filename``, ``content_type`` and ``inline`` say how the bytes are handed out.
    """

    method: str
    name: str
    content_type: str = ""
    size: int = 0
    upload_id: str = ""
    number: int = 0
    filename: str = ""
    inline: bool = False

    def link(self, expires_at: datetime) -> str:
        """The path on the group's address, its proof in the query, which no log keeps."""
        facts = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        ticket = signing.dumps({"until": expires_at.timestamp(), **facts}, salt=_salt())
        address = reverse("files:direct", urlconf=settings.ROOT_URLCONF)
        return f"{address}?{urlencode({'ticket': ticket})}"


def read_ticket(text: str, *, method: str) -> Ticket:
    """The ticket of a link that was made for ``method`` in this group. Raises TicketRefused."""
    try:
        facts: dict[str, Any] = signing.loads(text, salt=_salt())
    except signing.BadSignature as error:
        raise TicketRefused from error
    until = facts.pop("until")
    ticket = Ticket(**facts)
    if ticket.method != method:
        raise TicketRefused
    if until < now().timestamp():
        raise TicketRefused(is_late=True)
    return ticket


def expiry(expires: timedelta) -> datetime:
    """When a link made now ends."""
    return now() + expires


def _salt() -> str:
    return f"forecourt.kernel.storage:{current_schema()}"
