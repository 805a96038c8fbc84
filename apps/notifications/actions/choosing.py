"""What people choose for themselves: which events reach them where, and when it is quiet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import time

from django.db import transaction
from django.utils.translation import gettext as _

from apps.notifications.preferences import KEY, kept_choices
from apps.notifications.registry import IN_APP, all_events
from apps.notifications.ways import open_ways
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.models import Preference


def ways_to_choose() -> list[str]:
    """The channels that reach one person: the bell, and what the group has switched on."""
    return [IN_APP, *(way.code for way in open_ways.get().values() if not way.is_chat)]


@transaction.atomic
def choose_channels(
    *,
    channels: Mapping[str, Collection[str]],
    quiet_from: time,
    quiet_to: time,
    actor: Actor,
) -> None:
    """Keep a person's own choice: for each event where it reaches her.

    Only what differs from the defaults is kept, so a default that changes later reaches her too.
    Channels that are off at present keep what she chose of them before. Raises Invalid,
    NotPermitted for the system.
    """
    if actor.staff_id is None:
        raise NotPermitted(_("Only a person chooses."))
    known = {event.code: event for event in all_events()}
    offered = set(ways_to_choose())
    unknown = (
        set(channels) - set(known)
        | {code for chosen in channels.values() for code in chosen} - offered
    )
    if unknown:
        raise Invalid(_("Choose one of the list."))
    kept: dict[str, list[str]] = {}
    for code, chosen in channels.items():
        others = [way for way in known[code].channels if way not in offered]
        wanted = sorted({*chosen, *others})
        if wanted != sorted(known[code].channels):
            kept[code] = wanted
    Preference.objects.update_or_create(
        owner_id=actor.staff_id,
        key=KEY,
        defaults={
            "value": {
                "channels": kept,
                "quiet_from": quiet_from.isoformat("minutes"),
                "quiet_to": quiet_to.isoformat("minutes"),
            }
        },
    )
    kept_choices.forget()


@transaction.atomic
def forget_choices(*, actor: Actor) -> None:
    """Return to the defaults."""
    Preference.objects.filter(owner_id=actor.staff_id, key=KEY).delete()
    kept_choices.forget()
