"""Telling people: called inside the transaction of what they are told of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from apps.notifications import queries
from apps.notifications.models import Notification
from apps.notifications.registry import Event
from apps.notifications.rules.values import keep
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now

BATCH = 1000


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

    Whoever did it herself is not told, unless ``also_actor``. Costs nothing for nobody, and one
    statement for any number of people in the application alone.
    """
    people = [staff_id for staff_id in recipients if staff_id is not None]
    notice = Notice(people, key, subject, values, store_id)
    return notify_all(event, notices=[notice], actor=actor, also_actor=also_actor)


def notify_all(
    event: Event, *, notices: Iterable[Notice], actor: Actor, also_actor: bool = False
) -> int:
    """Tell of several occurrences of one event in the same few statements."""
    rows = [
        row
        for notice in notices
        for row in _rows(event, notice, None if also_actor else actor.staff_id, actor)
    ]
    if not rows:
        return 0
    Notification.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    queries.unread_count.drop(*{row.recipient_id for row in rows})
    return len({row.recipient_id for row in rows})


def _rows(event: Event, notice: Notice, but: int | None, actor: Actor) -> Iterable[Notification]:
    people = sorted(set(notice.recipients) - {but})
    if not people:
        return
    values = {name: keep(value) for name, value in notice.values.items()}
    if not actor.is_system:
        values["actor"] = actor.name
    moment = now()
    for staff_id in people:
        yield Notification(
            recipient_id=staff_id,
            event=event.code,
            key=notice.key[:100],
            subject_id=_id_of(notice.subject),
            store_id=notice.store_id,
            values=values,
            created_at=moment,
        )


def _id_of(subject: Model | int | str | None) -> str:
    if subject is None:
        return ""
    return str(subject.pk if isinstance(subject, Model) else subject)
