"""Telling people: called inside the transaction of what they are told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Model

from apps.notifications import queries
from apps.notifications.actions.queueing import queue
from apps.notifications.models import TO_CHAT, TO_STAFF, Delivery, Notification
from apps.notifications.preferences import DEFAULT, Choice, kept_choices
from apps.notifications.registry import IN_APP, Event
from apps.notifications.rules.values import keep
from apps.notifications.ways import Way, open_ways
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.db.rows import append

GATHERED_FOR = timedelta(seconds=60)


@dataclass(frozen=True)
class Notice:
    """What is to be told to whom.

    ``recipients`` are ids of staff members; ``key`` names the occurrence: the same person is told
    of the same event and key once, however often it is asked. ``values`` fill the event's
    placeholders: texts, numbers, days, moments, lazy labels and things with two names.
    """

    recipients: Iterable[int]
    key: str
    subject: Model | int | str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    store_id: int | None = None


def notify(
    event: Event,
    *,
    recipients: Iterable[int | None],
    subject: Model | int | str | None,
    values: Mapping[str, Any],
    key: str,
    actor: Actor,
    store_id: int | None = None,
    also_actor: bool = False,
) -> int:
    """Tell people of one occurrence; answers how many of them.

    Whoever did it herself is not told, unless ``also_actor``. Costs nothing for nobody, one
    statement for any number of people in the application alone, and two more where it also leaves
    by other channels.
    """
    people = [staff_id for staff_id in recipients if staff_id is not None]
    notice = Notice(people, key, subject, values, store_id)
    return notify_all(event, notices=[notice], actor=actor, also_actor=also_actor)


def notify_all(
    event: Event, *, notices: Iterable[Notice], actor: Actor, also_actor: bool = False
) -> int:
    """Tell of several occurrences of one event in the same few statements."""
    router = Router(event, actor, but=None if also_actor else actor.staff_id)
    for notice in notices:
        router.add(notice)
    if router.rows:
        append(router.rows, unless_there=True)
        queries.unread_count.forget(*{row.recipient_id for row in router.rows})
    queue(router.deliveries, not_before=router.not_before)
    return len(router.told)


class Router:
    """Sorts notices by the ways on which they reach people. Asks the cache, not the database."""

    def __init__(self, event: Event, actor: Actor, *, but: int | None) -> None:
        self.event, self.actor, self.but = event, actor, but
        self.moment = now()
        self.rows: list[Notification] = []
        self.deliveries: list[Delivery] = []
        self.not_before: dict[str, datetime] = {}
        self.told: set[int] = set()

    @cached_property
    def choices(self) -> Mapping[int, Choice]:
        return kept_choices.get()

    @cached_property
    def ways(self) -> Mapping[str, Way]:
        return open_ways.get()

    def add(self, notice: Notice) -> None:
        people = sorted({id_ for id_ in notice.recipients if id_ is not None} - {self.but})
        if not people:
            return
        self.told |= set(people)
        values = {name: keep(value) for name, value in notice.values.items()}
        if not self.actor.is_system:
            values["actor"] = self.actor.name
        shared: dict[str, Any] = {
            "event": self.event.code,
            "key": notice.key[:100],
            "subject_id": _id_of(notice.subject),
            "store_id": notice.store_id,
            "values": values,
            "created_at": self.moment,
        }
        for staff_id in people:
            choice = self.choices.get(staff_id, DEFAULT)
            for code in choice.channels_for(self.event):
                if code == IN_APP:
                    self.rows.append(Notification(recipient_id=staff_id, **shared))
                elif code in self.ways and not self.ways[code].is_chat:
                    self._send(code, TO_STAFF, choice, recipient_id=staff_id, **shared)
        for way in self.ways.values():
            if way.is_chat and self.event.code in way.events:
                self._send(way.code, TO_CHAT, DEFAULT, mentions=people, **shared)

    def _send(self, channel: str, kind: str, choice: Choice, **fields: Any) -> None:
        delivery = Delivery(channel=channel, recipient_kind=kind, **fields)
        self.deliveries.append(delivery)
        until = choice.quiet_until(self.event, self.moment)
        if until is None and self.event.is_groupable and not self.event.is_urgent:
            # So that what comes within the next moments goes out together.
            until = self.moment + GATHERED_FOR
        if until is not None:
            self.not_before[delivery.identity] = until


def _id_of(subject: Model | int | str | None) -> str:
    if subject is None:
        return ""
    return str(subject.pk if isinstance(subject, Model) else subject)
