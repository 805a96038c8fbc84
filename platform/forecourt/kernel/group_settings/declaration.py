"""Declaring settings, and whom they may be decided for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.group_settings.kinds import Kind
from forecourt.kernel.models.settings import SettingValue

if TYPE_CHECKING:
    from django.utils.functional import Promise

Level = SettingValue.Level
Rule = SettingValue.Rule
CHANGE = "settings.change_setting"


@dataclass(frozen=True, slots=True)
class Preview:
    """A table of what a value would have meant, beside what counts now."""

    text: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Setting:
    """One thing that a group may decide.

    ``key`` is ``module.name``. ``levels`` are those below the group that may differ from it, none
    by default. ``rule`` is headquarters' until it says otherwise: DEFAULT lets brands and stores
    differ, FIXED does not. ``permission`` is what changing it takes; a whole group's or a brand's
    value takes it for the whole group. What only means something on a page of its own is not
    ``is_listed`` among all settings and in the configuration file. ``check(value)`` raises Invalid
    (field ``value``) for what the kind alone cannot know. ``preview(value, actor)`` shows what
    another value would have meant for what there is already; it writes nothing.
    """

    key: str
    label: str | Promise
    help: str | Promise
    kind: Kind
    default: Any
    levels: tuple[Level, ...] = ()
    rule: Rule = Rule.DEFAULT
    permission: str = CHANGE
    check: Callable[[Any], None] | None = field(default=None, repr=False)
    is_listed: bool = True
    preview: Callable[[Any, Actor], Preview] | None = field(default=None, repr=False)

    @property
    def module(self) -> str:
        return self.key.split(".")[0]

    @property
    def preset(self) -> Any:
        """The default, as JSON keeps it."""
        return self.kind.plain(self.default)

    def clean(self, raw: Any) -> Any:
        """The value as the code uses it. Raises Invalid beside the field ``value``."""
        value = self.kind.clean(raw)
        if self.check is not None:
            self.check(value)
        return value

    def may_change(self, actor: Actor, level: str = Level.GROUP, subject: str = "") -> bool:
        if level == Level.STORE:
            return actor.grant(self.permission).covers(int(subject), None)
        return actor.grant(self.permission).everything


@dataclass(frozen=True, slots=True)
class Subject:
    """A brand or a store that may have values of its own.

    ``value`` is its id, ``code`` what names it in other groups too, ``label`` what people read;
    ``names`` are what it is called besides.
    """

    value: str
    code: str
    label: str
    names: tuple[str, ...] = ()


_settings: dict[str, Setting] = {}
_titles: dict[str, str | Promise] = {}
_subjects: dict[str, Callable[[], list[Subject]]] = {}


def declare(*settings: Setting) -> None:
    """Register settings; a second meaning, or a default that its own bounds refuse, is an error."""
    for setting in settings:
        if setting.key in _settings:
            raise ValueError(f"The setting {setting.key} is declared twice.")
        setting.kind.clean(setting.kind.plain(setting.default))
        _settings[setting.key] = setting


def declare_title(module: str, title: str | Promise) -> None:
    """What settings are grouped under whose keys begin with something that is no app."""
    _titles[module] = title


def subjects_of(level: Level) -> Callable[[Callable[[], list[Subject]]], Any]:
    """Decorator: the function answers all brands, or all stores, of the group."""

    def register(source: Callable[[], list[Subject]]) -> Callable[[], list[Subject]]:
        _subjects[level] = source
        return source

    return register


def subjects_for(level: str) -> list[Subject]:
    source = _subjects.get(level)
    return source() if source else []


def all_settings() -> list[Setting]:
    """In the order in which their modules declared them."""
    return list(_settings.values())


def get_setting(key: str) -> Setting:
    """Raises NotFound for a key that nobody declared."""
    setting = _settings.get(key)
    if setting is None:
        raise NotFound(_("There is no such setting."))
    return setting


def module_title(module: str) -> str:
    if module in _titles:
        return str(_titles[module])
    return str(apps.get_app_config(module).verbose_name)
