"""The navigation: modules register entries, the frame shows those that a person may use."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecourt.kernel.access import Actor

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True)
class Badge:
    """How much waits behind an entry, as a number beside it.

    ``peek`` answers what is kept in the cache, None where nothing is, and asks no table: every page
    calls it. ``url_name`` is where the page then fetches the number from.
    """

    url_name: str
    peek: Callable[[Actor], int | None]


@dataclass(frozen=True)
class MenuEntry:
    """A page in the navigation and the palette.

    ``url_name`` is reversed without arguments; ``section`` groups entries; ``permission`` None
    shows it to everybody; ``is_action`` puts it into the palette only (``New lead``);
    ``on_phone_bar`` proposes it for the bar at the bottom of a phone, lowest order first.

    A page of configuration stands ``on_settings_page``, not in the navigation: there as a tile that
    says by its ``description``, one line, what is decided on it. ``shown_to`` asks for more than a
    permission. ``count`` is how much waits there to be done, asked on the page of settings alone;
    ``badge`` is the number beside an entry of the navigation.
    """

    label: "str | Promise"
    url_name: str
    icon: str
    section: "str | Promise" = ""
    permission: str | None = None
    order: int = 100
    is_action: bool = False
    on_phone_bar: bool = False
    on_settings_page: bool = False
    description: "str | Promise" = ""
    shown_to: Callable[[Actor], bool] | None = None
    count: Callable[[Actor], int] | None = None
    badge: Badge | None = None


_entries: list[MenuEntry] = []


def register(*entries: MenuEntry) -> None:
    _entries.extend(entries)
    _entries.sort(key=lambda entry: entry.order)


def entries_for(actor: Actor) -> Iterable[MenuEntry]:
    """What the actor may open, in the order of the navigation."""
    return [entry for entry in _entries if _is_for(entry, actor)]


def has_settings_pages(actor: Actor) -> bool:
    """Whether anything stands on the page of settings for this person."""
    return any(entry.on_settings_page and _is_for(entry, actor) for entry in _entries)


def _is_for(entry: MenuEntry, actor: Actor) -> bool:
    if entry.permission is not None and not actor.can(entry.permission):
        return False
    return entry.shown_to is None or entry.shown_to(actor)
