"""Which changes are public events: each module says it in its ``feed.py``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from forecourt.kernel.access import NOTHING, Actor

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """A type of event: the entries of the audit log with this subject and one of these actions.

    ``type`` is the public name (``lead.registered``) and never changes; ``subject`` the record's
    kind as the log writes it (``crm.lead``); ``permission`` what one must hold to hear of it;
    ``address`` names the API's address that takes the record's id, if it has one.
    """

    type: str
    subject: str
    actions: tuple[str, ...]
    label: "str | Promise"
    permission: str
    address: str = ""

    @property
    def module(self) -> str:
        return self.subject.partition(".")[0]

    def path_of(self, subject_id: str) -> str | None:
        """Where the API gives the record."""
        return reverse(self.address, args=[subject_id]) if self.address else None


_events: dict[str, FeedEvent] = {}
_by_entry: dict[tuple[str, str], FeedEvent] = {}


def declare(*events: FeedEvent) -> None:
    """Make the events public. Raises ValueError where a type or an entry would mean two things."""
    for event in events:
        pairs = [(event.subject, action) for action in event.actions]
        if event.type in _events or any(pair in _by_entry for pair in pairs):
            raise ValueError(f"The event {event.type} is declared twice.")
        _events[event.type] = event
        _by_entry.update(dict.fromkeys(pairs, event))


def all_events() -> Mapping[str, FeedEvent]:
    """By type, in the order in which the modules declare them."""
    return dict(_events)


def events_for(actor: Actor) -> list[FeedEvent]:
    """The types that the person may hear of."""
    return [event for event in all_events().values() if actor.grant(event.permission) != NOTHING]


def event_of(subject_kind: str, action: str) -> FeedEvent | None:
    """The public event that an entry of the log is."""
    return _by_entry.get((subject_kind, action))


def named(types: Iterable[str]) -> list[FeedEvent]:
    """The declared ones among the names."""
    return [_events[name] for name in types if name in _events]
