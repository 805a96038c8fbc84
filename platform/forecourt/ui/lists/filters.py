"""Filters: each reads its part of the address, narrows the rows, and says what it narrowed to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel.access import Actor
from forecourt.kernel.option_lists.values import all_choices
from forecourt.ui import values

Choices = Iterable[tuple[Any, Any]]
Condition = Q | Callable[[Actor], Q]


@dataclass(frozen=True)
class Bound:
    """A filter with the values of one request, as the template shows it."""

    filter: Filter
    values: list[str]
    choices: list[tuple[str, Any, bool]]
    text: str

    @property
    def is_set(self) -> bool:
        return bool(self.text)


class Filter:
    """Base of filters. ``mask`` is the permission that a masked column of the same value needs.

    One without a ``template`` has no field: it is set by a link, and shown as what narrows the
    list.
    """

    template = ""
    suffixes: tuple[str, ...] = ("",)

    def __init__(
        self, name: str, label: Any, *, field: str | None = None, mask: str | None = None
    ) -> None:
        self.name = name
        self.label = label
        self.field = field or name
        self.mask = mask

    @property
    def parameters(self) -> list[str]:
        return [f"{self.name}{suffix}" for suffix in self.suffixes]

    def is_open_to(self, actor: Actor) -> bool:
        return self.mask is None or actor.can(self.mask)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        """The rows that fit; a value that makes no sense is no filter."""
        raise NotImplementedError

    def bind(self, query: QueryDict, actor: Actor) -> Bound:
        return Bound(
            self,
            [query.get(parameter, "") for parameter in self.parameters],
            self.options(query, actor),
            self.text(query, actor),
        )

    def options(self, query: QueryDict, actor: Actor) -> list[tuple[str, Any, bool]]:
        return []

    def text(self, query: QueryDict, actor: Actor) -> str:
        """What it is set to, in a few words; empty when it is not set."""
        return ""


class SearchFilter(Filter):
    """Free text. ``fields`` are searched with icontains, or ``find(rows, text)`` narrows the rows
    (by an n-gram index, as ``forecourt.kernel.text`` makes them); with ``for_actor`` it is
    ``find(rows, text, actor)``, since what it finds depends on her rights."""

    template = "ui/lists/_filter_search.html"

    def __init__(
        self,
        label: Any,
        *,
        fields: Iterable[str] = (),
        find: Callable[..., QuerySet] | None = None,
        for_actor: bool = False,
        name: str = "q",
    ) -> None:
        super().__init__(name, label)
        self.fields = tuple(fields)
        self.find = find
        self.for_actor = for_actor

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        wanted = self.text(query, actor)
        if not wanted:
            return rows
        if self.find is not None:
            return self.find(rows, wanted, *([actor] if self.for_actor else ()))
        for word in wanted.split():
            reach = Q()
            for field in self.fields:
                reach |= Q(**{f"{field}__icontains": word})
            rows = rows.filter(reach)
        return rows

    def text(self, query: QueryDict, actor: Actor) -> str:
        return query.get(self.name, "").replace("\x00", "").strip()[:100]


class ChoiceFilter(Filter):
    """One or several of a few values. ``choices`` is a TextChoices, pairs, or a callable(actor)."""

    template = "ui/lists/_filter_choice.html"

    def __init__(
        self,
        name: str,
        label: Any,
        choices: Any,
        *,
        field: str | None = None,
        mask: str | None = None,
    ) -> None:
        super().__init__(name, label, field=field, mask=mask)
        self._choices = choices

    def choices(self, actor: Actor) -> list[tuple[str, Any]]:
        choices = getattr(self._choices, "choices", None)
        if choices is None:
            choices = self._choices(actor) if callable(self._choices) else self._choices
        return [(str(value), label) for value, label in choices]

    def chosen(self, query: QueryDict, actor: Actor) -> list[tuple[str, Any]]:
        wanted = set(query.getlist(self.name))
        if not wanted:
            return []
        return [choice for choice in self.choices(actor) if choice[0] in wanted]

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        chosen = self.chosen(query, actor)
        if not chosen:
            return rows
        return rows.filter(**{f"{self.field}__in": [value for value, _label in chosen]})

    def options(self, query: QueryDict, actor: Actor) -> list[tuple[str, Any, bool]]:
        wanted = set(query.getlist(self.name))
        return [(value, label, value in wanted) for value, label in self.choices(actor)]

    def text(self, query: QueryDict, actor: Actor) -> str:
        chosen = self.chosen(query, actor)
        if len(chosen) > 2:
            return _("%(count)s chosen") % {"count": len(chosen)}
        return ", ".join(str(label) for _value, label in chosen)


class OptionFilter(ChoiceFilter):
    """Values of one of the group's option lists, the retired ones too: old rows have them."""

    def __init__(self, name: str, label: Any, list_code: str, *, field: str | None = None) -> None:
        super().__init__(name, label, lambda _actor: all_choices(list_code), field=field)


class RelatedFilter(ChoiceFilter):
    """Rows of another table: ``choices(actor)`` answers (id, label) of those that may be chosen."""


class StoreFilter(ChoiceFilter):
    """The stores of the actor. ``choices(actor)`` comes from the organisation's queries."""

    def __init__(
        self,
        choices: Callable[[Actor], Choices],
        *,
        name: str = "store",
        label: Any = None,
        field: str = "store_id",
    ) -> None:
        super().__init__(name, label or gettext_lazy("Store"), choices, field=field)


class BooleanFilter(ChoiceFilter):
    """Yes or no. ``yes`` and ``no`` may be conditions (Q) instead of a boolean field's values.

    A condition that looks at the clock or at the reader is a callable(actor): asked at each
    request, not when the module is loaded.
    """

    def __init__(
        self,
        name: str,
        label: Any,
        *,
        field: str | None = None,
        yes: Condition | None = None,
        no: Condition | None = None,
        mask: str | None = None,
    ) -> None:
        super().__init__(name, label, self._yes_no, field=field, mask=mask)
        self.yes = yes if yes is not None else Q(**{self.field: True})
        self.no = no

    @staticmethod
    def _yes_no(actor: Actor) -> Choices:
        return [("yes", _("Yes")), ("no", _("No"))]

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        chosen = {value for value, _label in self.chosen(query, actor)}
        if chosen == {"yes"}:
            return rows.filter(_asked(self.yes, actor))
        if chosen == {"no"}:
            no = ~_asked(self.yes, actor) if self.no is None else _asked(self.no, actor)
            return rows.filter(no)
        return rows


def _asked(condition: Condition, actor: Actor) -> Q:
    return condition if isinstance(condition, Q) else condition(actor)


class _RangeFilter(Filter):
    suffixes = ("_from", "_to")

    def parse(self, text: str) -> Any:
        raise NotImplementedError

    def shown(self, value: Any) -> str:
        raise NotImplementedError

    def bounds(self, query: QueryDict) -> tuple[Any, Any]:
        low, high = (self.parse(query.get(parameter, "")) for parameter in self.parameters)
        return low, high

    def text(self, query: QueryDict, actor: Actor) -> str:
        low, high = self.bounds(query)
        if low is not None and high is not None:
            return f"{self.shown(low)} – {self.shown(high)}"
        if low is not None:
            return f"≥ {self.shown(low)}"
        return f"≤ {self.shown(high)}" if high is not None else ""


class DateRangeFilter(_RangeFilter):
    """Days from and to, both included. ``moment`` says that the field holds date and time."""

    template = "ui/lists/_filter_dates.html"

    def __init__(
        self,
        name: str,
        label: Any,
        *,
        field: str | None = None,
        moment: bool = False,
        mask: str | None = None,
    ) -> None:
        super().__init__(name, label, field=field, mask=mask)
        self.moment = moment

    def parse(self, text: str) -> dt.date | None:
        try:
            return parse_date(text)
        except ValueError:
            return None

    def shown(self, value: dt.date) -> str:
        return date_format(value, "SHORT_DATE_FORMAT")

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        low, high = self.bounds(query)
        if low is not None:
            rows = rows.filter(**{f"{self.field}__gte": self._start(low)})
        if high is not None:
            rows = rows.filter(**{f"{self.field}__lt": self._start(high + dt.timedelta(days=1))})
        return rows

    def _start(self, value: dt.date) -> dt.date | dt.datetime:
        if not self.moment:
            return value
        return timezone.make_aware(dt.datetime.combine(value, dt.time.min))


class NumberRangeFilter(_RangeFilter):
    """Numbers from and to, both included. ``of(bound)`` turns a typed number into the field's
    value (days in stock into a received date), ``reverse`` says that it turns the order round."""

    template = "ui/lists/_filter_numbers.html"

    def __init__(
        self,
        name: str,
        label: Any,
        *,
        field: str | None = None,
        of: Callable[[Decimal], Any] | None = None,
        reverse: bool = False,
        unit: Any = "",
        mask: str | None = None,
    ) -> None:
        super().__init__(name, label, field=field, mask=mask)
        self.of, self.reverse, self.unit = of, reverse, unit

    def parse(self, text: str) -> Decimal | None:
        try:
            number = Decimal(text.replace(",", "").strip())
        except InvalidOperation:
            return None
        return number if number.is_finite() and abs(number) < 10**14 else None

    def shown(self, value: Decimal) -> str:
        return values.number(value, 0 if value == value.to_integral() else 2)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        low, high = self.bounds(query)
        above, below = ("lte", "gte") if self.reverse else ("gte", "lte")
        for bound, lookup in ((low, above), (high, below)):
            if bound is not None:
                try:
                    value = self.of(bound) if self.of else bound
                except OverflowError:
                    continue
                rows = rows.filter(**{f"{self.field}__{lookup}": value})
        return rows
