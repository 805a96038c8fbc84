"""Query parameters of lists: each is declared, checked by a field, described in the reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

Narrow = Callable[[QuerySet, Any], QuerySet]


@dataclass(frozen=True)
class Filter:
    """One parameter. ``by`` is a lookup of the list's queryset, or a function that narrows it.

    With ``many`` the parameter takes several values, comma-separated; a lookup then is ``…__in``.
    """

    field: serializers.Field
    by: str | Narrow
    description: "str | Promise" = ""
    many: bool = False

    def narrow(self, rows: QuerySet, text: str) -> QuerySet:
        if self.many:
            value: Any = [self.field.run_validation(part) for part in text.split(",") if part]
        else:
            value = self.field.run_validation(text)
        if callable(self.by):
            return self.by(rows, value)
        return rows.filter(**{self.by: value})


Filters = Mapping[str, Filter]


def narrowed(rows: QuerySet, query: QueryDict, filters: Filters) -> QuerySet:
    """The rows that the query's filters leave. Raises ValidationError naming the parameter."""
    for name, filter_ in filters.items():
        if name in query:
            try:
                rows = filter_.narrow(rows, query[name])
            except ValidationError as error:
                raise ValidationError({name: error.detail}) from error
    return rows


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
