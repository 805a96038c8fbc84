"""The navigation: modules register entries, the frame shows those that a person may use."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecourt.kernel.access import Actor

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True)
class MenuEntry:
    """A page in the navigation and the palette.

    ``url_name`` is reversed without arguments; ``section`` groups entries; ``permission`` None
    shows it to everybody; ``is_action`` puts it into the palette only (``New lead``);
    ``on_phone_bar`` proposes it for the bar at the bottom of a phone, lowest order first.
    """

    label: "str | Promise"
    url_name: str
    icon: str
    section: "str | Promise" = ""
    permission: str | None = None
    order: int = 100
    is_action: bool = False
    on_phone_bar: bool = False


_entries: list[MenuEntry] = []


def register(*entries: MenuEntry) -> None:
    _entries.extend(entries)
    _entries.sort(key=lambda entry: entry.order)


def entries_for(actor: Actor) -> Iterable[MenuEntry]:
    return [entry for entry in _entries if entry.permission is None or actor.can(entry.permission)]
