"""The values of the group's lists as forms, lists, rules and importers ask for them.

All of a group's values are remembered together: a page with ten lists looks once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid
from forecourt.kernel.language import in_active_language
from forecourt.kernel.models.options import OptionValue
from forecourt.kernel.option_lists.declaration import option_list
from forecourt.kernel.remembered import Remembered


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a list, with its name in the reader's language."""

    code: str
    name_zh: str
    name_en: str
    is_active: bool

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return in_active_language(self.name_zh, self.name_en)


def _read() -> dict[str, dict[str, Value]]:
    lists: dict[str, dict[str, Value]] = {}
    for row in OptionValue.objects.order_by("list_code", "sequence", "id"):
        value = Value(row.code, row.name_zh, row.name_en, row.is_active)
        lists.setdefault(row.list_code, {})[row.code] = value
    return lists


REMEMBERED = Remembered("option_lists", _read)


def values(list_code: str) -> dict[str, Value]:
    """The list's values by code in the group's order, the retired ones too."""
    option_list(list_code)
    return REMEMBERED.get().get(list_code, {})


def named(list_code: str, code: str) -> Value | str:
    """The value with both its names; a code that is unknown speaks for itself."""
    return values(list_code).get(code, code)


def label(list_code: str, code: str) -> str:
    """The value's name in the reader's language."""
    return str(named(list_code, code))


def choices(list_code: str, *, keep: str = "") -> list[tuple[str, str]]:
    """What a form offers: the values in use, and the row's own where that is retired."""
    return [
        (value.code, value.label)
        for value in values(list_code).values()
        if value.is_active or value.code == keep
    ]


def all_choices(list_code: str) -> list[tuple[str, str]]:
    """What a filter offers: retired values are still on old rows."""
    return [(value.code, value.label) for value in values(list_code).values()]


def require(list_code: str, code: str, *, field: str, keep: str = "") -> None:
    """Raises Invalid unless the value may be chosen; ``keep`` is what the row has already."""
    value = values(list_code).get(code)
    if value is None:
        raise Invalid(_("Choose one of the values offered."), field=field)
    if not value.is_active and code != keep:
        raise Invalid(_("“%(name)s” is no longer in use.") % {"name": value.label}, field=field)


def names(list_code: str) -> list[str]:
    """The names in use in the reader's language: proposals for a free text."""
    return [label for _code, label in choices(list_code)]


def named_by(list_code: str, text: str) -> Value | None:
    """The value that a free text means: by its code or by either name, whatever the case and the
    spaces."""
    said = _plain(text)
    found = (each for each in values(list_code).values() if said in map(_plain, spellings(each)))
    return next(found, None) if said else None


def kept_name(list_code: str, text: str) -> str:
    """Under what name a free text is kept: the list's own, in whatever spelling and language it
    was typed, so that figures count it as one; else as it was typed."""
    value = named_by(list_code, text)
    return (value.name_zh or value.name_en) if value else " ".join(text.split())


def told_name(list_code: str, text: str) -> str:
    """A kept name in the reader's language, as far as the list knows it."""
    value = named_by(list_code, text)
    return value.label if value else text


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def spellings(value: Value, others: Iterable[str] = ()) -> tuple[str, ...]:
    """All that a file may call the value: its code, both names, and what people also say."""
    return tuple(dict.fromkeys(filter(None, (value.code, value.name_zh, value.name_en, *others))))
