"""Public events: a stream made of the audit log, for those who ask and those who are called.

Every change writes its entry into the audit log in its own transaction; a module says in its
``feed.py`` which of them are events, under what name and for whom (:class:`FeedEvent`). An event
says what happened to which record and where the API gives it, nothing more: the receiver reads the
record with her own rights, so neither permission nor mask is gone round.
"""

from forecourt.kernel.feed.declaration import (
    FeedEvent,
    all_events,
    declare,
    event_of,
    events_for,
    named,
)
from forecourt.kernel.feed.stream import (
    Batch,
    Cursor,
    Event,
    UnknownCursor,
    end,
    find,
    may_hear,
    place_before,
    read,
    refresh,
)

__all__ = [
    "Batch",
    "Cursor",
    "Event",
    "FeedEvent",
    "UnknownCursor",
    "all_events",
    "declare",
    "end",
    "event_of",
    "events_for",
    "find",
    "may_hear",
    "named",
    "place_before",
    "read",
    "refresh",
]
