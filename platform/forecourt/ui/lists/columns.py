"""Columns: how a value is read from a row, shown in a cell, written to an export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from html import escape
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.money import Money
from forecourt.ui import values

ExportValue = str | int | Decimal | dt.date | dt.datetime | None


class Column:
    """One column.

    ``name`` is the attribute path on the row (``vehicle.series.name`` or ``vehicle__series``),
    unless ``value`` reads it. ``sort`` is the ordering behind a click on the head: a field path, a
    leading "-" turning the direction round (days in stock rise as the received date falls).
    ``mask`` is a permission; without it the cell shows dots, exports say so, and the column can be
    neither sorted nor filtered by. ``default`` False hides it until chosen, ``always`` forbids
    hiding it. The first column is the row's title on the phone.
    """

    css = ""
    is_number = False

    def __init__(
        self,
        name: str,
        label: Any,
        *,
        sort: str | None = None,
        value: Callable[[Any], Any] | None = None,
        link: Callable[[Any], str | None] | None = None,
        mask: str | None = None,
        default: bool = True,
        always: bool = False,
        mono: bool = False,
    ) -> None:
        self.name = name
        self.label = label
        self.sort = sort
        self.link = link
        self.mask = mask
        self.default = default
        self.always = always
        self._value = value
        self._path = name.replace("__", ".").split(".")
        if mono:
            self.css = f"{self.css} fc-mono".strip()

    def value(self, row: Any) -> Any:
        if self._value is not None:
            return self._value(row)
        value = row
        for part in self._path:
            if value is None:
                return None
            value = getattr(value, part)
        return value

    def prepare(self, rows: QuerySet) -> tuple[QuerySet, str]:
        """The rows and the path that orders them by this column."""
        return rows, self.sort or self.name

    def is_masked(self, row: Any, actor: Actor) -> bool:
        if self.mask is None:
            return False
        return not actor.can(self.mask, store_id=getattr(row, "store_id", None))

    def cell(self, row: Any, actor: Actor) -> SafeString | str:
        if self.is_masked(row, actor):
            return values.mask()
        shown = self.show(self.value(row), row)
        url = self.link(row) if self.link else None
        if not url:
            return shown
        return SafeString(f'<a href="{escape(url)}">{values.safe(shown)}</a>')

    def export(self, row: Any, actor: Actor) -> ExportValue:
        if self.is_masked(row, actor):
            return "***"
        return self.plain(self.value(row), row)

    def show(self, value: Any, row: Any) -> SafeString | str:
        if value is None or value == "":
            return values.NOTHING
        return str(value)

    def plain(self, value: Any, row: Any) -> ExportValue:
        return None if value is None else str(value)

    def is_blank(self, row: Any) -> bool:
        """Whether a phone may leave the cell out."""
        return self.value(row) in (None, "")


class NumberColumn(Column):
    css = "is-number"
    is_number = True

    def __init__(
        self, name: str, label: Any, *, places: int = 0, unit: Any = "", **options: Any
    ) -> None:
        super().__init__(name, label, **options)
        self.places, self.unit = places, unit

    def show(self, value: Any, row: Any) -> SafeString | str:
        if value is None:
            return values.NOTHING
        figure = values.number(value, self.places)
        return format_html("{} {}", figure, self.unit) if self.unit else figure

    def plain(self, value: Any, row: Any) -> ExportValue:
        return value


class MoneyColumn(Column):
    """``currency`` names the attribute that holds it, where it is not the group's own."""

    css = "is-number"
    is_number = True

    def __init__(
        self, name: str, label: Any, *, currency: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, label, **options)
        self.currency = currency

    def show(self, value: Any, row: Any) -> SafeString | str:
        return values.money(value, getattr(row, self.currency) if self.currency else "")

    def plain(self, value: Any, row: Any) -> ExportValue:
        return value.amount if isinstance(value, Money) else value


class DateColumn(Column):
    css = "fc-nowrap"

    def show(self, value: Any, row: Any) -> SafeString | str:
        return values.day(value)

    def plain(self, value: Any, row: Any) -> ExportValue:
        return timezone.localtime(value).date() if isinstance(value, dt.datetime) else value


class DateTimeColumn(Column):
    """A moment; ``relative`` shows ``3 hours ago`` with the exact time as title."""

    css = "fc-nowrap"

    def __init__(self, name: str, label: Any, *, relative: bool = False, **options: Any) -> None:
        super().__init__(name, label, **options)
        self.relative = relative

    def show(self, value: Any, row: Any) -> SafeString | str:
        return values.ago(value) if self.relative else values.moment(value)

    def plain(self, value: Any, row: Any) -> ExportValue:
        return timezone.localtime(value).replace(tzinfo=None) if value else None


class StatusColumn(Column):
    """A status as a badge. ``tones`` overrides what `forecourt.ui.tones` declares."""

    def __init__(
        self, name: str, label: Any, *, tones: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        super().__init__(name, label, **options)
        self.tones = {str(key): tone for key, tone in tones.items()} if tones else None

    def _owner(self, row: Any) -> tuple[Any, str]:
        for part in self._path[:-1]:
            row = getattr(row, part)
        return row, self._path[-1]

    def show(self, value: Any, row: Any) -> SafeString | str:
        owner, field = self._owner(row)
        return values.status(owner, field, self.tones)

    def plain(self, value: Any, row: Any) -> ExportValue:
        return values.choice_label(*self._owner(row))


class BooleanColumn(Column):
    def show(self, value: Any, row: Any) -> SafeString | str:
        return _("Yes") if value else _("No")

    def plain(self, value: Any, row: Any) -> ExportValue:
        return _("Yes") if value else _("No")


class TagsColumn(Column):
    """Several short texts as badges. The rows come with them prefetched."""

    def show(self, value: Iterable[Any], row: Any) -> SafeString | str:
        tags = list(value or ())
        if not tags:
            return values.NOTHING
        return format_html_join(" ", '<span class="fc-badge">{}</span>', ((tag,) for tag in tags))

    def plain(self, value: Iterable[Any], row: Any) -> ExportValue:
        return ", ".join(str(tag) for tag in value or ())

    def is_blank(self, row: Any) -> bool:
        return not self.value(row)
