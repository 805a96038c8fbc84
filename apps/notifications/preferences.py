"""What people chose: which events reach them where, and when it is quiet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.utils import timezone

from apps.notifications.registry import Event
from apps.notifications.rules.quiet import end_of_quiet
from forecourt.kernel.models import Preference
from forecourt.kernel.remembered import Remembered

KEY = "notifications"
QUIET_FROM, QUIET_TO = time(22), time(7)


@dataclass(frozen=True, slots=True)
class Choice:
    """One person's. ``channels`` holds the events for which she left the defaults."""

    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    quiet_from: time = QUIET_FROM
    quiet_to: time = QUIET_TO

    def channels_for(self, event: Event) -> tuple[str, ...]:
        return self.channels.get(event.code, event.channels)

    def quiet_until(self, event: Event, moment: datetime) -> datetime | None:
        """When the person may be disturbed with the event; None for now."""
        if event.is_urgent:
            return None
        local = timezone.localtime(moment)
        return end_of_quiet(local, begins=self.quiet_from, ends=self.quiet_to)


DEFAULT = Choice()


def _read_all() -> dict[int, Choice]:
    rows = Preference.objects.filter(key=KEY).values_list("owner_id", "value")
    return {owner_id: choice_of(value) for owner_id, value in rows}


kept_choices = Remembered("notifications.choices", _read_all)
"""The choices of all who made one, by staff id: few people leave the defaults."""


def choice_of(value: Mapping[str, Any]) -> Choice:
    """A choice as it is kept in the database."""
    return Choice(
        channels={
            code: tuple(channels) for code, channels in dict(value.get("channels", {})).items()
        },
        quiet_from=time.fromisoformat(value.get("quiet_from", QUIET_FROM.isoformat())),
        quiet_to=time.fromisoformat(value.get("quiet_to", QUIET_TO.isoformat())),
    )


def choice(staff_id: int) -> Choice:
    return kept_choices.get().get(staff_id, DEFAULT)
