"""What counts: the store's decision before the brand's before the group's before the product's.

All decisions of a group are read at once and remembered (forecourt.kernel.remembered), so that the
next request of every process counts with a change, and none asks the tables while nothing changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings.declaration import (
    Level,
    Rule,
    Setting,
    get_setting,
    subjects_for,
)
from forecourt.kernel.models.settings import SettingValue
from forecourt.kernel.remembered import Remembered


class Source(models.TextChoices):
    """Where a value comes from."""

    PRODUCT = "PRODUCT", _("Preset")
    GROUP = "GROUP", _("Group")
    BRAND = "BRAND", _("Brand")
    STORE = "STORE", _("Store")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A setting's value for one place, where it comes from, and headquarters' rule."""

    value: Any
    source: Source
    rule: Rule


@dataclass(frozen=True, slots=True)
class Values:
    """Everything that one group has decided, as of one moment.

    ``rows`` holds (rule, plain value) under (key, level, subject), ``brands`` the id of each brand
    under its names in small letters. Take it once where many values are asked in a row.
    """

    rows: Mapping[tuple[str, str, str], tuple[str, Any]]
    brands: Mapping[str, str]

    def of(self, key: str, *, store_id: int | None = None, brand: str | None = None) -> Any:
        """The value that counts in a store and for a brand, as the declared kind reads it."""
        return self.resolve(
            get_setting(key),
            store="" if store_id is None else str(store_id),
            brand=self.brands.get(brand.strip().casefold(), "") if brand else "",
        ).value

    def resolve(self, setting: Setting, *, store: str = "", brand: str = "") -> Resolved:
        """The same by the ids of store and brand, with where it comes from."""
        rule, plain = self.rows.get((setting.key, Level.GROUP, ""), ("", None))
        if not rule:
            base = Resolved(setting.default, Source.PRODUCT, setting.rule)
        elif rule == Rule.OPEN:
            base = Resolved(setting.default, Source.PRODUCT, Rule.OPEN)
        else:
            base = Resolved(setting.kind.read(plain), Source.GROUP, Rule(rule))
        if base.rule == Rule.FIXED:
            return base
        for level, subject in ((Level.STORE, store), (Level.BRAND, brand)):
            found = self.rows.get((setting.key, level, subject)) if subject else None
            if found is not None and level in setting.levels:
                return Resolved(setting.kind.read(found[1]), Source(level), base.rule)
        return base

    def own(self, key: str, level: str, subject: str = "") -> tuple[str, Any] | None:
        """(rule, plain value) decided at exactly this level, whether it counts or not."""
        return self.rows.get((key, level, subject))

    def differing(self, key: str) -> int:
        """How many brands and stores have decided for themselves."""
        return sum(row[0] == key and row[1] != Level.GROUP for row in self.rows)


def value_of(key: str, *, store_id: int | None = None, brand: str | None = None) -> Any:
    """What counts for a setting in a store and for a brand (by any of its names).

    Raises NotFound for a key that nobody declared.
    """
    return current_values().of(key, store_id=store_id, brand=brand)


def current_values() -> Values:
    """The group's decisions as they are now; no query while nothing changes."""
    return _VALUES.get()


def forget() -> None:
    """To be called in the transaction of whatever changes decisions, or the names of brands."""
    _VALUES.forget()


def _read() -> Values:
    rows = {
        (key, level, subject): (rule, value)
        for key, level, subject, rule, value in SettingValue.objects.values_list(
            "key", "level", "subject", "rule", "value"
        )
    }
    brands = {}
    if any(level == Level.BRAND for _key, level, _subject in rows):
        brands = {
            name.strip().casefold(): subject.value
            for subject in subjects_for(Level.BRAND)
            for name in (*subject.names, subject.label)
        }
    return Values(rows, brands)


_VALUES = Remembered("settings", _read)
