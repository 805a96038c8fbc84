"""The stream of events: the sealed entries of the audit log, in the order of their seals.

Ids are drawn in order but committed in any, so a reader who remembers an id misses what commits
late. A seal holds what was committed when it was made and no other does; (seal, id) therefore only
grows, whatever commits when (docs/adr, sealed audit log; docs/adr, events).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import connection

from forecourt.kernel import seals
from forecourt.kernel.access import NOTHING, Actor
from forecourt.kernel.feed.declaration import FeedEvent, event_of
from forecourt.kernel.groups import current_schema, site_url
from forecourt.kernel.models import AuditEntry, AuditSeal

MOST_SEALS = 500
MOST_ENTRIES = 20_000
"""What one reading looks at: rare events in a long log are read in several steps."""
COLUMNS = "e.id, e.happened_at, e.actor_id, e.store_id, e.action, e.subject_kind, e.subject_id"
READ = """
    SELECT s.number, {columns}
    FROM kernel_auditseal s
    CROSS JOIN LATERAL jsonb_array_elements(s.ranges) AS part
    CROSS JOIN LATERAL (
        SELECT * FROM kernel_auditentry
        WHERE id BETWEEN (part->>0)::bigint AND (part->>1)::bigint
    ) e
    WHERE s.number BETWEEN %s AND %s AND (s.number > %s OR e.id > %s) AND ({reach})
    ORDER BY s.number, e.id
    LIMIT %s
"""
KEY = "e.subject_kind || ' ' || e.action"


class UnknownCursor(Exception):
    """The text is no place in this group's stream."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the stream: behind this entry of this seal."""

    seal: int = 0
    entry: int = 0

    @property
    def text(self) -> str:
        """What a program keeps; it means nothing to another group or after being altered."""
        return _signer().sign_object([self.seal, self.entry])

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises UnknownCursor."""
        try:
            seal, entry = _signer().unsign_object(text)
            cursor = cls(int(seal), int(entry))
        except (BadSignature, ValueError, TypeError) as error:
            raise UnknownCursor(text) from error
        if cursor.seal and not AuditSeal.objects.filter(number=cursor.seal).exists():
            raise UnknownCursor(text)  # the database is of an earlier day than the cursor
        return cursor


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as little as a receiver needs to fetch the rest with her rights."""

    cursor: Cursor
    type: FeedEvent
    happened_at: datetime
    subject_id: str
    store_id: int | None
    actor_id: int | None

    @property
    def entry_id(self) -> int:
        return self.cursor.entry

    @property
    def document(self) -> dict[str, Any]:
        """The event as the feed and webhooks write it."""
        path = self.type.path_of(self.subject_id)
        return {
            "id": str(self.entry_id),
            "type": self.type.type,
            "happened_at": self.happened_at.isoformat(),
            "subject": {
                "kind": self.type.subject,
                "id": self.subject_id,
                "url": site_url(path) if path else None,
            },
            "store_id": None if self.store_id is None else str(self.store_id),
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read, the place behind it, and whether more is known to lie beyond."""

    events: list[Event]
    cursor: Cursor
    has_more: bool


def read(*, actor: Actor, types: Iterable[FeedEvent], after: Cursor, limit: int) -> Batch:
    """Up to ``limit`` events of these types that the person may hear of, in order.

    There may be fewer, or none, with ``has_more``: the cursor has then moved through others.
    """
    window = _window(after)
    if not window:
        return Batch([], after, has_more=False)
    first, last = window[0], window[-1]
    events = _events(actor, types, after, (first.number, last.number), limit + 1)
    if len(events) > limit:
        return Batch(events[:limit], events[limit - 1].cursor, has_more=True)
    end = Cursor(last.number, last.last_id or 0)
    return Batch(events, end, has_more=bool(_window(end, most=1)))


def refresh() -> None:
    """Bring everything that is committed into the stream."""
    seals.seal_entries()


def end() -> Cursor:
    """Behind everything that is in the stream now."""
    newest = AuditSeal.objects.filter(entry_count__gt=0).order_by("-number").first()
    return Cursor(newest.number, newest.last_id or 0) if newest else Cursor()


def place_before(moment: datetime) -> Cursor:
    """A place before which nothing lies that was sealed, and so nothing that happened, later."""
    last = AuditSeal.objects.filter(entry_count__gt=0, sealed_at__lt=moment).order_by("-number")
    found = last.first()
    return Cursor(found.number, found.last_id or 0) if found else Cursor()


def find(entry_id: int) -> Event | None:
    """The event that an entry of the log is; None when it is none or is gone."""
    entry = AuditEntry.objects.filter(pk=entry_id).first()
    declared = event_of(entry.subject_kind, entry.action) if entry else None
    if entry is None or declared is None:
        return None
    return Event(
        Cursor(0, entry.pk),
        declared,
        entry.happened_at,
        entry.subject_id,
        entry.store_id,
        entry.actor_id,
    )


def may_hear(actor: Actor, event: Event) -> bool:
    """Whether the event is one of those that :func:`read` gives to this person."""
    grant = actor.grant(event.type.permission)
    if grant.everything or grant == NOTHING:
        return grant.everything
    caused = event.actor_id is not None and event.actor_id == actor.staff_id
    return caused or event.store_id in grant.store_ids


def _window(after: Cursor, most: int = MOST_SEALS) -> list[AuditSeal]:
    """The next seals with anything behind the place, as many as one reading looks at."""
    following = (
        AuditSeal.objects.filter(number__gte=after.seal, entry_count__gt=0)
        .exclude(number=after.seal, last_id__lte=after.entry)
        .order_by("number")
        .only("number", "entry_count", "last_id")[:most]
    )
    window: list[AuditSeal] = []
    entries = 0
    for seal in following:
        entries += seal.entry_count
        if window and entries > MOST_ENTRIES:
            break
        window.append(seal)
    return window


def _events(
    actor: Actor,
    types: Iterable[FeedEvent],
    after: Cursor,
    seal_numbers: tuple[int, int],
    limit: int,
) -> list[Event]:
    reach, values = _reach(actor, types)
    if not reach:
        return []
    statement = READ.format(columns=COLUMNS, reach=reach)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*seal_numbers, after.seal, after.entry, *values, limit])
        return [_event(row) for row in cursor.fetchall()]


def _reach(actor: Actor, types: Iterable[FeedEvent]) -> tuple[str, list[Any]]:
    """The condition on entries, alias ``e``: each type as far as its permission reaches.

    A right over one's own or one's team's rows names no store; whose a record was when it happened
    the log does not say. It then reaches what she did herself.
    """
    conditions: list[str] = []
    values: list[Any] = []
    for event in types:
        grant = actor.grant(event.permission)
        if grant == NOTHING:
            continue
        keys = [f"{event.subject} {action}" for action in event.actions]
        condition = f"{KEY} = ANY(%s)"
        values.append(keys)
        if not grant.everything:
            condition += " AND (e.store_id = ANY(%s) OR e.actor_id = %s)"
            values += [sorted(grant.store_ids), actor.staff_id]
        conditions.append(f"({condition})")
    return " OR ".join(conditions), values


def _event(row: Sequence[Any]) -> Event:
    number, entry_id, happened_at, actor_id, store_id, action, kind, subject_id = row
    declared = event_of(kind, action)
    if declared is None:
        raise LookupError(f"No module declares {kind} {action}.")
    return Event(Cursor(number, entry_id), declared, happened_at, subject_id, store_id, actor_id)


def _signer() -> Signer:
    return Signer(salt=f"feed:{current_schema()}")
