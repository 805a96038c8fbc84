"""What the frame around every page shows: who is there, where she may go, which look she chose.

The frame has slots that modules above fill: the store switcher and the notifications in the bar,
notices above every page, entries of the person's menu (her account, her rights). A module
registers a template for a slot when it starts; the frame includes it with the page's context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import cached_property

from forecourt.kernel import menu, standing
from forecourt.kernel.access import Actor
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import GroupIdentity
from forecourt.ui import branding

if TYPE_CHECKING:
    from django.utils.functional import Promise

THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")
SLOTS = ("store_switcher", "notifications", "notices", "user_menu")
PHONE_BAR_ENTRIES = 4
SETTINGS_HOME = "settings:home"

SHARED_SLOTS = ("notices", "user_menu")
"""Slots that several modules fill, in the order of the modules."""

_slots: dict[str, list[str]] = {}


def fill_slot(slot: str, template_name: str) -> None:
    """Let the frame include this template in a slot; a second filling of most is refused."""
    if slot not in SLOTS:
        raise LookupError(f"The frame has no slot {slot}; it has {', '.join(SLOTS)}.")
    templates = _slots.setdefault(slot, [])
    if template_name in templates:
        return
    if templates and slot not in SHARED_SLOTS:
        raise ValueError(f"The slot {slot} is filled twice.")
    templates.append(template_name)


@dataclass(frozen=True)
class Link:
    """An entry of the navigation or the palette, ready to show."""

    label: str | Promise
    url: str
    icon: str
    section: str | Promise = ""
    is_current: bool = False
    is_action: bool = False
    on_phone_bar: bool = False
    on_settings_page: bool = False
    description: str | Promise = ""
    count_of: Callable[[Actor], int] | None = None
    count: int = 0
    badge: menu.Badge | None = None


@dataclass(frozen=True)
class Section:
    title: str | Promise
    links: list[Link]


@dataclass(frozen=True)
class Frame:
    """The frame of pages that belong to no group: who is there and where she may go.

    A middleware of such pages sets it as ``request.frame``. ``home`` is where the brand leads.
    """

    title: str
    home: str
    person: str
    links: tuple[Link, ...] = ()


class Shell:
    """The frame of one request. Everything is worked out when a template first asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.slots = _slots
        self.frame: Frame | None = getattr(request, "frame", None)

    @cached_property
    def actor(self) -> Actor | None:
        return getattr(self.request, "actor", None)

    @cached_property
    def group(self) -> GroupIdentity | None:
        tenant = getattr(self.request, "tenant", None)
        return tenant if isinstance(tenant, GroupIdentity) else None

    @cached_property
    def title(self) -> str:
        if self.frame:
            return self.frame.title
        return branding.title_of(self.group) if self.group else "Forecourt"

    @cached_property
    def home(self) -> str:
        return self.frame.home if self.frame else "/"

    @cached_property
    def person(self) -> str:
        """The name of who is signed in; empty for nobody."""
        if self.frame:
            return self.frame.person
        return self.actor.name if self.actor else ""

    @cached_property
    def colour(self) -> str:
        """The group's own colour without its #; empty for the product's."""
        return str(value_of(branding.COLOUR))[1:] if self.group else ""

    @cached_property
    def logo(self) -> str:
        return str(value_of(branding.LOGO)) if self.group else ""

    @cached_property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get(THEME_COOKIE)
        return chosen if chosen in THEMES else "auto"

    @cached_property
    def links(self) -> list[Link]:
        if self.frame:
            return list(self.frame.links)
        links = links_for(self.actor, self.request.path) if self.actor else []
        if self.group is not None and not standing.may_read(self.group):
            return [link for link in links if _is_open_while_suspended(link.url)]
        return links

    @cached_property
    def sections(self) -> list[Section]:
        """The navigation in the order of the entries, grouped by section."""
        return sections_of(
            link for link in self.links if not link.is_action and not link.on_settings_page
        )

    @cached_property
    def settings_home(self) -> Link | None:
        """The page of settings, on the pages that one reaches from there."""
        if not any(link.is_current and link.on_settings_page for link in self.links):
            return None
        home = reverse(SETTINGS_HOME)
        return next((link for link in self.links if link.url == home), None)

    @cached_property
    def phone_bar(self) -> list[Link]:
        proposed = [link for link in self.links if link.on_phone_bar and not link.is_action]
        return proposed[:PHONE_BAR_ENTRIES]

    @cached_property
    def initial(self) -> str:
        return self.person[:1].upper() or "?"


def sections_of(links: Iterable[Link]) -> list[Section]:
    """Links grouped by their section, each where its first link stands."""
    sections: dict[str, Section] = {}
    for link in links:
        title = str(link.section)
        sections.setdefault(title, Section(title, [])).links.append(link)
    return list(sections.values())


def links_for(actor: Actor, path: str = "") -> list[Link]:
    """The menu's entries that the actor may use, the one that holds `path` marked as current.

    On a page of configuration the entry that leads to the page of settings is marked too.
    """
    entries = [(entry, url) for entry in menu.entries_for(actor) if (url := _reverse(entry))]
    current = _longest_match((url for entry, url in entries if not entry.is_action), path)
    configuring = any(entry.on_settings_page and url == current for entry, url in entries)
    return [
        Link(
            label=entry.label,
            url=url,
            icon=entry.icon,
            section=entry.section,
            is_current=not entry.is_action
            and (url == current or (configuring and entry.url_name == SETTINGS_HOME)),
            is_action=entry.is_action,
            on_phone_bar=entry.on_phone_bar,
            on_settings_page=entry.on_settings_page,
            description=entry.description,
            count_of=entry.count,
            badge=entry.badge,
        )
        for entry, url in entries
    ]


def _reverse(entry: menu.MenuEntry) -> str | None:
    try:
        return reverse(entry.url_name)
    except NoReverseMatch:
        # The same registry serves the public site, whose addresses are others.
        return None


def _is_open_while_suspended(url: str) -> bool:
    return bool(getattr(resolve(url).func, "works_when_suspended", False))


def _longest_match(urls: Iterable[str], path: str) -> str | None:
    fitting = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(fitting, key=len, default=None)
