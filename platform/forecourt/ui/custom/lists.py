"""Custom fields as columns and filters of a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from html import escape
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import keys
from forecourt.kernel.custom_fields.definition import NUMERIC, Definition, Kind
from forecourt.kernel.custom_fields.hosts import people
from forecourt.kernel.custom_fields.kinds import as_python, as_text, cleaned
from forecourt.kernel.custom_fields.registry import visible
from forecourt.kernel.errors import Invalid
from forecourt.ui import values
from forecourt.ui.custom.inputs import input_name
from forecourt.ui.lists.columns import Column, ExportValue
from forecourt.ui.lists.filters import (
    BooleanFilter,
    ChoiceFilter,
    DateRangeFilter,
    Filter,
    NumberRangeFilter,
    SearchFilter,
)

SHOWN_FILTERS = 8
"""So many custom filters stand beside the list's own; of more, those that are asked for."""


class Names:
    """The names of all members of staff, read once for all cells and filters of a page."""

    @cached_property
    def all(self) -> Mapping[int, str]:
        return people().names_of(None)


class CustomPart:
    """What a list has of its host's custom fields, as one person sees them."""

    def __init__(self, host: str, actor: Actor) -> None:
        self.fields = visible(host, actor) if host else []
        self.names = Names()

    @cached_property
    def columns(self) -> list[Column]:
        return [CustomColumn(field, self.names) for field in self.fields]

    @cached_property
    def filters(self) -> list[Filter]:
        made = (filter_for(field, self.names) for field in self.fields)
        return [each for each in made if each is not None]

    def with_search(self, given: Filter) -> Filter:
        """A search that finds by the searchable texts too; any other filter as it is."""
        if not isinstance(given, SearchFilter):
            return given
        fields = [field for field in self.fields if field.is_searchable and field.is_ready]
        return CustomSearchFilter(given, fields) if fields else given

    def shown_filters(self, query: QueryDict, columns: Sequence[Column]) -> list[Filter]:
        """All of a few; of many those that are set, asked for, or of a column that is shown."""
        if len(self.filters) <= SHOWN_FILTERS:
            return self.filters
        asked = {*query.getlist("filter"), *(column.name for column in columns)}
        return [
            each
            for each in self.filters
            if each.name in asked or any(query.get(name) for name in each.parameters)
        ]


class CustomSearchFilter(SearchFilter):
    def __init__(self, given: SearchFilter, fields: Sequence[Definition]) -> None:
        super().__init__(given.label, fields=given.fields, find=given.find, name=given.name)
        self.given, self.searchable = given, fields

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        words = self.text(query, actor)
        found = self.given.narrow(rows, query, actor)
        return keys.found_by(rows, found, self.searchable, words) if words else rows


class CustomColumn(Column):
    """A column that is hidden until it is chosen; sorted by where the field is indexed."""

    def __init__(self, field: Definition, names: Names) -> None:
        self.field, self.names = field, names
        self.is_number = field.kind in NUMERIC
        self.css = "is-number" if self.is_number else ""
        super().__init__(
            input_name(field),
            field.label,
            sort=input_name(field) if field.is_sortable else None,
            default=False,
        )

    def _names(self) -> Mapping[int, str]:
        return self.names.all if self.field.kind == Kind.STAFF else {}

    def value(self, row: Any) -> Any:
        return row.custom.get(self.field.code)

    def show(self, value: Any, row: Any) -> SafeString | str:
        return shown(self.field, value, self._names())

    def plain(self, value: Any, row: Any) -> ExportValue:
        if value is None:
            return None
        kind = self.field.kind
        if kind in (Kind.MONEY, Kind.DECIMAL, Kind.DATE):
            return as_python(self.field, value)
        if kind == Kind.INTEGER:
            return int(value)
        if kind == Kind.MOMENT:
            return timezone.localtime(as_python(self.field, value)).replace(tzinfo=None)
        return as_text(self.field, value, self._names())

    def is_blank(self, row: Any) -> bool:
        return self.value(row) in (None, [])

    def prepare(self, rows: QuerySet) -> tuple[QuerySet, str]:
        return keys.sorted_by(rows, self.field)


def shown(field: Definition, value: Any, names: Mapping[int, str]) -> SafeString | str:
    """A value as a page shows it; whatever is not marked as safe must be escaped."""
    if value is None or value == []:
        return values.NOTHING
    kind = field.kind
    if kind == Kind.MONEY:
        return values.money(Decimal(value))
    if kind in (Kind.INTEGER, Kind.DECIMAL):
        number = Decimal(value)
        exponent = number.as_tuple().exponent
        return values.number(number, -exponent if isinstance(exponent, int) and exponent < 0 else 0)
    if kind == Kind.DATE:
        return values.day(as_python(field, value))
    if kind == Kind.MOMENT:
        return values.moment(as_python(field, value))
    if kind == Kind.CHOICES:
        labels = {choice.value: choice.label for choice in field.choices}
        badges = (values.badge(labels.get(each, each)) for each in value)
        return SafeString(" ".join(badges))
    text = escape(as_text(field, value, names))
    return SafeString(text.replace("\n", "<br>"))


def filter_for(field: Definition, names: Names) -> Filter | None:
    """The filter that fits the kind; files and long texts have none."""
    kind = Kind(field.kind)
    if kind in (Kind.CHOICE, Kind.CHOICES, Kind.STAFF):
        return CustomChoiceFilter(field, names)
    if kind == Kind.BOOLEAN:
        return CustomBooleanFilter(field)
    if kind in NUMERIC:
        return CustomNumberFilter(field)
    if kind in (Kind.DATE, Kind.MOMENT):
        return CustomDateFilter(field)
    return CustomTextFilter(field) if kind == Kind.TEXT else None


class CustomChoiceFilter(ChoiceFilter):
    def __init__(self, field: Definition, names: Names) -> None:
        self.of_field, self.names = field, names
        super().__init__(input_name(field), field.label, self._offered)

    def _offered(self, actor: Actor) -> list[tuple[str, str]]:
        if self.of_field.kind == Kind.STAFF:
            return [(str(pk), name) for pk, name in self.names.all.items()]
        return [(choice.value, choice.label) for choice in self.of_field.choices]

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        wanted: list[Any] = [value for value, _label in self.chosen(query, actor)]
        if not wanted:
            return rows
        if self.of_field.kind == Kind.STAFF:
            wanted = [int(value) for value in wanted]
        if self.of_field.kind == Kind.CHOICES:
            wanted = [[value] for value in wanted]
        return keys.equal_to(rows, self.of_field, wanted)


class CustomBooleanFilter(BooleanFilter):
    def __init__(self, field: Definition) -> None:
        self.of_field = field
        super().__init__(input_name(field), field.label)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        chosen = {value for value, _label in self.chosen(query, actor)}
        if len(chosen) != 1:
            return rows
        return keys.equal_to(rows, self.of_field, [chosen == {"yes"}])


class CustomNumberFilter(NumberRangeFilter):
    def __init__(self, field: Definition) -> None:
        self.of_field = field
        super().__init__(input_name(field), field.label)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        low, high = self.bounds(query)
        return keys.between_numbers(rows, self.of_field, low, high)


class CustomDateFilter(DateRangeFilter):
    """Days from and to, also of a moment."""

    def __init__(self, field: Definition) -> None:
        self.of_field = field
        super().__init__(input_name(field), field.label, moment=field.kind == Kind.MOMENT)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        low, high = self.bounds(query)
        if self.moment:
            low = low and self._start(low)
            high = high and self._start(high + dt.timedelta(days=1)) - dt.timedelta(seconds=1)
        try:
            bounds = [bound and cleaned(self._free, bound) for bound in (low, high)]
        except Invalid:
            return rows
        return keys.between(rows, self.of_field, *bounds)

    @property
    def _free(self) -> Definition:
        return Definition(0, "", self.of_field.code, self.of_field.kind, "")


class CustomTextFilter(Filter):
    """The beginning of the text where the field is indexed, else any part of it."""

    template = "ui/lists/_filter_text.html"

    def __init__(self, field: Definition) -> None:
        self.of_field = field
        super().__init__(input_name(field), field.label)

    def text(self, query: QueryDict, actor: Actor) -> str:
        return query.get(self.name, "").replace("\x00", "").strip()[:100]

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        words = self.text(query, actor)
        return keys.beginning_with(rows, self.of_field, words) if words else rows

    @property
    def hint(self) -> str:
        return _("Begins with") if self.of_field.is_ready else _("Contains")
