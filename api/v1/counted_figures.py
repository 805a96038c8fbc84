"""Figures by person, team, source or series, counted within the caller's rights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from api.endpoints import Endpoint, listing
from api.fields import Representation
from api.filters import Filter
from api.v1.figures import days_of
from apps.crm.figures import ADVISOR, COMPETITOR, REASON, SERIES, SOURCE, STORE, TEAM
from forecourt.kernel import counted
from forecourt.kernel.access import Actor
from forecourt.kernel.counted import MONTH, Answer, CountedFigure
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.periods import Period

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class CountedCell:
    """One number: a figure of one key of a dimension, or of all rows together."""

    figure: str
    label: Any
    formula: Any
    unit: str
    by: str
    key: str | None
    name: str
    start: date
    end: date
    counted: Decimal
    of: Decimal | None
    value: Decimal | None


class CountedFigureRow(Representation):
    figure = serializers.CharField()
    label = serializers.CharField()
    formula = serializers.CharField()
    unit = serializers.CharField(help_text=gettext_lazy("count, share (1 is all) or minutes."))
    by = serializers.CharField()
    key = serializers.CharField(allow_null=True, help_text=gettext_lazy("Null: not stated."))
    name = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    counted = serializers.DecimalField(max_digits=20, decimal_places=2)
    of = serializers.DecimalField(max_digits=20, decimal_places=0, allow_null=True)
    value = serializers.DecimalField(
        max_digits=20,
        decimal_places=4,
        allow_null=True,
        help_text=gettext_lazy("Null where there is nothing to divide by."),
    )


def read_counted_figures(
    *, actor: Actor, figure: Sequence[str] = (), period: str = "", by: str = TOTAL
) -> list[CountedCell]:
    """The figures asked for, in their order, over the rows that the caller may see.

    Raises NotFound for a figure that is none, NotPermitted for one that is not the caller's to
    read, Invalid for a period that is none and for a dimension that does not tell it apart.
    """
    days = Period(*days_of(period))
    figures = list(_figures(actor, figure, by))
    if not figures:
        raise NotPermitted(_("You may not read these figures."))
    apart = "" if by == TOTAL else by
    found = counted.read(figures, actor=actor, periods=[days], by=apart)[0]
    if not apart:
        return [_cell(one, found.total[one.code], days, by, None, _("Total")) for one in figures]
    names = counted.names_of(by, found.lines)
    return [
        _cell(one, answers[one.code], days, by, key, names[key])
        for one in figures
        for key, answers in sorted(found.lines.items(), key=lambda line: str(line[0]))
    ]


def _figures(actor: Actor, codes: Sequence[str], by: str) -> Iterator[CountedFigure]:
    known = counted.all_figures()
    for code in codes or known:
        if code not in known:
            raise NotFound(_("There is no figure “%(code)s”.") % {"code": code}, field="figure")
        figure = known[code]
        is_apart = by == TOTAL or figure.is_told_apart_by(by)
        if figure.is_open_to(actor) and is_apart:
            yield figure
        elif codes and not is_apart:
            raise Invalid(
                _("“%(figure)s” cannot be told apart so.") % {"figure": figure.label}, field="by"
            )
        elif codes:
            raise NotPermitted(_("You may not read these figures."), field="figure")


def _cell(
    figure: CountedFigure, answer: Answer, days: Period, by: str, key: Any, name: str
) -> CountedCell:
    return CountedCell(
        figure=figure.code,
        label=figure.label,
        formula=figure.formula,
        unit=figure.unit,
        by=by,
        key=None if key is None else str(key),
        name=name,
        start=days.first,
        end=days.last,
        counted=round(answer.of, 2),
        of=answer.over,
        value=None if answer.value is None else round(answer.value, 4),
    )


class CountedFigures(Endpoint):
    tag = "figures"
    get = listing(
        read_counted_figures,
        CountedFigureRow,
        name="list_counted_figures",
        summary=gettext_lazy("Figures of the sales floor by person, team, source, series or month"),
        description=gettext_lazy(
            "Counted over the rows that you may see: an advisor gets her own, a manager the "
            "store's."
        ),
        filters={
            "figure": Filter(
                serializers.CharField(max_length=40),
                description=gettext_lazy("Codes of figures; without it all that you may read."),
                many=True,
            ),
            "period": Filter(
                serializers.CharField(max_length=24),
                description=gettext_lazy(
                    "2026, 2026-05, 2026-05-31 or 2026-05-01..2026-05-15; without it this month "
                    "until today."
                ),
            ),
            "by": Filter(
                serializers.ChoiceField(
                    [TOTAL, STORE, TEAM, ADVISOR, SOURCE, SERIES, MONTH, REASON, COMPETITOR]
                ),
                description=gettext_lazy("What stands on a line."),
            ),
        },
    )
