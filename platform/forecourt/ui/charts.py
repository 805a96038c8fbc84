"""Charts: one set of figures feeds the drawing, the table below it, and the download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forecourt.ui import values

Figure = int | Decimal | None
Kind = Literal["bar", "line", "area", "pie"]


@dataclass(frozen=True)
class Series:
    """One row of figures, one for each category. `kind` differs from the chart's where mixed."""

    name: Any
    figures: Sequence[Figure]
    kind: Kind | None = None


@dataclass(frozen=True)
class Chart:
    """`{% chart chart %}` draws it.

    `id` is unique on the page; `unit` stands at the axis, `money` formats as the group's currency;
    `stacked` piles the series up, `horizontal` lays bars (for long names), `summed` has a line of
    totals below the table, which shares and medians have not.
    """

    id: str
    title: Any
    categories: Sequence[Any]
    series: Sequence[Series]
    kind: Kind = "bar"
    category_label: Any = ""
    unit: Any = ""
    money: bool = False
    stacked: bool = False
    horizontal: bool = False
    summed: bool = True
    note: Any = field(default="")

    @property
    def is_empty(self) -> bool:
        return not any(figure for series in self.series for figure in series.figures)

    @property
    def summary(self) -> str:
        """What a reader that sees no picture is told before the table."""
        count = ngettext("%(count)s category", "%(count)s categories", len(self.categories)) % {
            "count": len(self.categories)
        }
        names = ", ".join(str(series.name) for series in self.series)
        return _("Chart: %(title)s. %(names)s; %(count)s. The table below has the figures.") % {
            "title": self.title,
            "names": names,
            "count": count,
        }

    @property
    def rows(self) -> list[tuple[Any, list[Any]]]:
        """The table: each category with its figures, formatted."""
        return [
            (category, [self._shown(series.figures[index]) for series in self.series])
            for index, category in enumerate(self.categories)
        ]

    @property
    def totals(self) -> list[Any]:
        return [
            self._shown(sum(figure or 0 for figure in series.figures)) for series in self.series
        ]

    def _shown(self, figure: Figure) -> Any:
        return values.money(figure) if self.money else values.number(figure)

    def data(self) -> dict[str, Any]:
        """What chart.js draws from."""
        return {
            "title": str(self.title),
            "kind": self.kind,
            "unit": str(self.unit),
            "sign": values.SIGNS.get(values.group_currency(), "") if self.money else "",
            "stacked": self.stacked,
            "horizontal": self.horizontal,
            "head": str(self.category_label),
            "categories": [str(category) for category in self.categories],
            "series": [
                {
                    "name": str(series.name),
                    "kind": series.kind or self.kind,
                    "figures": [
                        None if figure is None else float(figure) for figure in series.figures
                    ],
                }
                for series in self.series
            ],
        }
