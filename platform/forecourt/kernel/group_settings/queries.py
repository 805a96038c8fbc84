"""How settings stand, as a person may see them from where she stands: the group, a brand, a store.

Whoever is not headquarters sees what is open for her stores, and nothing else.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.group_settings.declaration import (
    Level,
    Rule,
    Setting,
    all_settings,
    get_setting,
    module_title,
    subjects_for,
)
from forecourt.kernel.group_settings.resolution import Source, Values, current_values
from forecourt.kernel.models.audit import AuditEntry
from forecourt.kernel.models.settings import SettingValue

VIEW = "settings.view_setting"
KIND = SettingValue._meta.label_lower


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where settings are looked at from. ``subject`` is the brand's or the store's id."""

    level: Level = Level.GROUP
    subject: str = ""
    label: str = ""

    @property
    def store(self) -> str:
        return self.subject if self.level == Level.STORE else ""

    @property
    def brand(self) -> str:
        return self.subject if self.level == Level.BRAND else ""


@dataclass(frozen=True, slots=True)
class SettingState:
    """A setting as it counts at a viewpoint; ``is_own`` says that it was decided right there."""

    setting: Setting
    value: Any
    source: Source
    rule: Rule
    is_own: bool
    may_change: bool
    differing: int = 0

    @property
    def shown(self) -> str:
        return self.setting.kind.shown(self.value)

    @property
    def plain(self) -> Any:
        return self.setting.kind.plain(self.value)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a brand or a store has decided for itself; it counts unless the group's is fixed."""

    level: Level
    subject: str
    label: str
    value: Any
    shown: str


def viewpoints_of(actor: Actor) -> list[Viewpoint]:
    """The places from which the person may look: the widest first."""
    grant = actor.grant(VIEW)
    stores = [
        Viewpoint(Level.STORE, store.value, store.label)
        for store in subjects_for(Level.STORE)
        if grant.covers(int(store.value), None)
    ]
    if not grant.everything:
        return stores
    brands = [
        Viewpoint(Level.BRAND, brand.value, brand.label) for brand in subjects_for(Level.BRAND)
    ]
    return [Viewpoint(label=_("The whole group")), *brands, *stores]


def viewpoint_of(
    actor: Actor, *, store_id: int | None = None, brand_id: int | None = None
) -> Viewpoint:
    """The one asked for; else the group's, or for whoever does not see that her own store's.

    Raises NotPermitted, or NotFound for a place that is not hers to look from.
    """
    actor.require(VIEW)
    possible = viewpoints_of(actor)
    if store_id is not None or brand_id is not None:
        wanted = (
            (Level.STORE, str(store_id)) if store_id is not None else (Level.BRAND, str(brand_id))
        )
        for viewpoint in possible:
            if (viewpoint.level, viewpoint.subject) == wanted:
                return viewpoint
        raise NotFound(_("No such record, or not yours to see."))
    if not possible:
        raise NotPermitted(_("You have no settings to change."))
    home = str(actor.home_store_id)
    own = [place for place in possible if place.level == Level.STORE and place.subject == home]
    return possible[0] if possible[0].level == Level.GROUP or not own else own[0]


def list_settings(actor: Actor, viewpoint: Viewpoint, wanted: str = "") -> list[SettingState]:
    """What may be decided there, narrowed to the settings whose words hold ``wanted``."""
    actor.require(VIEW)
    values = current_values()
    return [
        _state(setting, actor, viewpoint, values)
        for setting in all_settings()
        if setting.is_listed
        and _is_shown(setting, actor, viewpoint, values)
        and _holds(setting, wanted.casefold())
    ]


def state_of(key: str, actor: Actor, viewpoint: Viewpoint) -> SettingState:
    """Raises NotPermitted, or NotFound for what is nobody's or not hers to see there."""
    actor.require(VIEW)
    setting, values = get_setting(key), current_values()
    if not _is_shown(setting, actor, viewpoint, values):
        raise NotFound(_("There is no such setting."))
    return _state(setting, actor, viewpoint, values)


def differences_of(key: str, actor: Actor) -> list[Difference]:
    """What brands and stores have decided for themselves, as far as the person sees it."""
    setting, values, found = get_setting(key), current_values(), []
    for place in viewpoints_of(actor):
        own = values.own(key, place.level, place.subject) if place.subject else None
        if own is not None and place.level in setting.levels:
            value = setting.kind.read(own[1])
            shown = setting.kind.shown(value)
            found.append(Difference(place.level, place.subject, place.label, value, shown))
    return found


def history_of(key: str, actor: Actor) -> "QuerySet[AuditEntry]":
    """Who changed it, the newest first; of other stores only for who sees them."""
    actor.require(VIEW)
    entries = AuditEntry.objects.filter(subject_kind=KIND, subject_id=get_setting(key).key)
    grant = actor.grant(VIEW)
    if not grant.everything:
        entries = entries.filter(store_id__in=grant.store_ids)
    return entries.order_by("-id")


def _state(setting: Setting, actor: Actor, viewpoint: Viewpoint, values: Values) -> SettingState:
    resolved = values.resolve(setting, store=viewpoint.store, brand=viewpoint.brand)
    below_fixed = viewpoint.level != Level.GROUP and resolved.rule == Rule.FIXED
    return SettingState(
        setting=setting,
        value=resolved.value,
        source=resolved.source,
        rule=resolved.rule,
        is_own=values.own(setting.key, viewpoint.level, viewpoint.subject) is not None,
        may_change=not below_fixed
        and setting.may_change(actor, viewpoint.level, viewpoint.subject),
        differing=0 if viewpoint.subject else values.differing(setting.key),
    )


def _is_shown(setting: Setting, actor: Actor, viewpoint: Viewpoint, values: Values) -> bool:
    if viewpoint.level == Level.GROUP:
        return True
    if viewpoint.level not in setting.levels:
        return False
    if actor.grant(VIEW).everything:
        return True
    return values.resolve(setting, store=viewpoint.store).rule != Rule.FIXED


def _holds(setting: Setting, wanted: str) -> bool:
    words = f"{setting.label} {setting.help} {setting.key} {module_title(setting.module)}"
    return wanted in words.casefold()
