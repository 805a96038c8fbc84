"""What other limits of age would have meant for the stock of the last 90 days; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.vehicles.models import StockUnit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.group_settings import Preview, value_of

DAYS = 90
EVERY = 10
"""Days from one look at the yard to the next."""


def preview_aged_from(value: Any, actor: Actor) -> Preview:
    """How many vehicles counted as aged, and would with another limit."""
    return _preview([value_of("vehicles.aged_from")], [value], actor)


def preview_age_limits(value: Any, actor: Actor) -> Preview:
    """How many vehicles stood in each band or beyond, and would with other limits."""
    return _preview(list(value_of("vehicles.age_limits")), list(value), actor)


def _preview(present: Sequence[int], wanted: Sequence[int], actor: Actor) -> Preview:
    days = _days()
    counts = _counts(days, {*present, *wanted}, actor)
    heads = [_("Day"), _("In stock")]
    for before, after in zip(present, wanted, strict=True):
        heads += [_("from %(days)s days, as now") % {"days": before}]
        heads += [_("from %(days)s days, as entered") % {"days": after}]
    return Preview(
        text=_("Nothing is saved yet: vehicles in stock on a day, and how many stood so long."),
        heads=heads,
        rows=[
            [
                date_format(day, "SHORT_DATE_FORMAT", use_l10n=True),
                counts[_key(day, 0)],
                *(
                    counts[_key(day, limit)]
                    for pair in zip(present, wanted, strict=True)
                    for limit in pair
                ),
            ]
            for day in days
        ],
    )


def _days() -> list[date]:
    """Today and every tenth day back to the first of the 90, the latest first."""
    return [today() - timedelta(days=back) for back in range(0, DAYS + 1, EVERY)]


def _counts(days: Sequence[date], limits: set[int], actor: Actor) -> dict[str, int]:
    """Everything in one look at the units that stood there at some time of these days."""
    rows = StockUnit.objects.visible_to(actor).filter(
        Q(left_date__isnull=True) | Q(left_date__gt=min(days)), stocked_in_date__lte=max(days)
    )
    wanted = {
        _key(day, limit): Count(
            F("pk"),
            filter=Q(stocked_in_date__lte=day - timedelta(days=limit))
            & (Q(left_date__isnull=True) | Q(left_date__gt=day)),
        )
        for day in days
        for limit in (0, *limits)
    }
    return rows.aggregate(**wanted)


def _key(day: date, limit: int) -> str:
    return f"d{day:%Y%m%d}_{limit}"
