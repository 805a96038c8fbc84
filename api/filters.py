"""Query parameters of lists: each is declared, checked by a field, described in the reference."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from forecourt.kernel.access import Actor

Narrow = Callable[..., QuerySet]


@dataclass(frozen=True)
class Filter:
    """One parameter. ``by`` is a lookup of the list's queryset, or a function that narrows it.

    With ``for_actor`` the function is also given who asks: what it finds depends on her rights.
    With ``many`` the parameter takes several values, comma-separated; a lookup then is ``…__in``.
    What is computed and no list of rows takes its parameters without ``by``.
    """

    field: serializers.Field
    by: str | Narrow = ""
    description: "str | Promise" = ""
    many: bool = False
    is_needed: bool = False
    for_actor: bool = False

    def value(self, text: str) -> Any:
        """What the parameter says. Raises ValidationError."""
        if self.many:
            return [self.field.run_validation(part) for part in text.split(",") if part]
        return self.field.run_validation(text)

    def narrow(self, rows: QuerySet, text: str, actor: Actor) -> QuerySet:
        value = self.value(text)
        if callable(self.by):
            return self.by(rows, value, actor) if self.for_actor else self.by(rows, value)
        return rows.filter(**{self.by: value})


Filters = Mapping[str, Filter]


def narrowed(rows: QuerySet, query: QueryDict, filters: Filters, actor: Actor) -> QuerySet:
    """The rows that the query's filters leave. Raises ValidationError naming the parameter."""
    for name, filter_ in filters.items():
        if name in query:
            with _naming(name):
                rows = filter_.narrow(rows, query[name], actor)
    return rows


def values_of(query: QueryDict, filters: Filters) -> dict[str, Any]:
    """The parameters that are given. Raises ValidationError naming the parameter."""
    values = {}
    for name, filter_ in filters.items():
        if name in query or filter_.is_needed:
            with _naming(name):
                values[name] = filter_.value(query.get(name, ""))
    return values


@contextmanager
def _naming(parameter: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise ValidationError({parameter: error.detail}) from error


def require_known(query: QueryDict, known: set[str]) -> None:
    """A misspelt filter would silently answer everything; it is refused instead."""
    unknown = sorted(set(query) - known)
    if unknown:
        raise ValidationError({name[:60]: [_("There is no such parameter.")] for name in unknown})


def ordering_of(query: QueryDict, orderings: Mapping[str, str], default: str) -> list[str]:
    """``ordering=-created_at`` as terms of ``order_by``; only declared columns sort."""
    text = query.get("ordering", default)
    terms = []
    for term in text.split(","):
        name = term.removeprefix("-")
        if name not in orderings:
            message = _("Unknown: %(names)s. Possible: %(known)s.") % {
                "names": name[:60],
                "known": ", ".join(orderings),
            }
            raise ValidationError({"ordering": [message]})
        terms.append(("-" if term.startswith("-") else "") + orderings[name])
    return terms
