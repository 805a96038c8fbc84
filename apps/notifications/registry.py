"""What people are told of: each module declares its events, once, when the app starts.

In the module's ``notifications.py``::

    LEAD_ASSIGNED = declare(
        Event(
            code="crm.lead_assigned",
            label=_("A lead is assigned to me"),
            receivers=_("The lead's owner"),
            title=_("New lead: {customer}"),
            body=_("{lead} from {source}: {wish}"),
            placeholders={"customer": _("Customer"), "lead": _("Lead no."), …},
            link="crm:lead_detail",
        )
    )

and tells people inside the change's transaction with :func:`apps.notifications.actions.notify`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from apps.notifications.rules.texts import placeholders_in

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise

IN_APP = "in_app"
STAFF, CUSTOMERS = "staff", "customers"
ALWAYS = {"actor": _("Who did it"), "group": _("Name of the group")}
"""Placeholders that every event fills."""


@dataclass(frozen=True)
class Event:
    """One thing to be told of.

    ``title`` and ``body`` are the texts that it starts with, in both languages (by gettext), with
    ``{placeholders}`` named in ``placeholders`` together with what they mean. ``title_many``, with
    ``{count}``, stands for several of a ``is_groupable`` event. ``channels`` are where it goes
    unless a person chose otherwise; ``is_urgent`` goes out in quiet hours too. ``link`` names the
    URL of the subject's page, which takes its id, if any: ``crm:lead_detail`` or, without one,
    ``imports:run_list``; ``query`` narrows a list that it leads to. ``receivers`` says in words who
    is told. An event ``to`` customers has no page and no bell. ``short`` is what a text message
    says at first where the title is too little. ``said_at_sending`` makes placeholders of the kept
    values that no table may hold, such as the address of a link that is a proof by itself;
    ``opens`` names the one that is an address, for the button of a mail. One that
    ``has_own_words`` carries them itself: what was told has ``title``, ``text`` and the provider's
    ``template`` among its values, with placeholders of its own.
    """

    code: str
    label: Text
    receivers: Text
    title: Text
    body: Text = ""
    title_many: Text = ""
    placeholders: Mapping[str, Text] = field(default_factory=dict)
    channels: tuple[str, ...] = (IN_APP,)
    link: str = ""
    query: str = ""
    icon: str = "bell"
    is_urgent: bool = False
    is_groupable: bool = False
    to: str = STAFF
    short: Text = ""
    said_at_sending: Mapping[str, Callable[[Mapping[str, Any]], str]] = field(default_factory=dict)
    opens: str = ""
    has_own_words: bool = False

    @property
    def module(self) -> str:
        return self.code.split(".")[0]

    @property
    def known_placeholders(self) -> dict[str, Text]:
        return {**self.placeholders, **ALWAYS}


_events: dict[str, Event] = {}


def declare(event: Event) -> Event:
    """Make an event known. Raises ValueError for a second meaning or an unknown placeholder."""
    if event.code in _events:
        raise ValueError(f"The event {event.code} is declared twice.")
    if event.is_groupable and not event.title_many:
        raise ValueError(f"The event {event.code} needs a title for several.")
    for text in (event.title, event.body, event.short):
        unknown = placeholders_in(str(text)) - event.known_placeholders.keys()
        if unknown:
            raise ValueError(f"The event {event.code} fills no {', '.join(sorted(unknown))}.")
    _events[event.code] = event
    return event


def get_event(code: str) -> Event:
    """Raises LookupError for an event that no module declares."""
    if code not in _events:
        raise LookupError(f"No module declares the event {code}.")
    return _events[code]


def find_event(code: str) -> Event | None:
    """The event, or None for one that an earlier release declared."""
    return _events.get(code)


def all_events(to: str = STAFF) -> list[Event]:
    return [event for event in _events.values() if event.to == to]
