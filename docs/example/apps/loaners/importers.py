from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.loaners.actions import CarRecord, record_cars
from apps.loaners.queries import known_plates
from apps.organisation.queries import stores_in_scope
from forecourt.kernel.imports import (
    Choice,
    Context,
    Field,
    FieldKind,
    Importer,
    ImportRow,
    register,
)


def _stores(context: Context) -> Iterable[Choice]:
    for store in stores_in_scope(context.actor, "loaners.import_car"):
        yield Choice(store.pk, store.name, (store.code, store.name_zh))


@register
class LoanerCarImporter(Importer):
    """One row per car."""

    kind = "loaners.car"
    permission = "loaners.import_car"
    label = _("Courtesy cars")
    help = _("Cars that stores lend to customers.")
    updates = False
    fields = (
        Field("plate_number", _("Number plate"), required=True, synonyms=("车牌", "车牌号")),
        Field("name", _("Model"), required=True, max_length=60, synonyms=("车型", "车辆")),
        Field(
            "store",
            _("Store"),
            kind=FieldKind.CHOICE,
            required=True,
            choices=_stores,
            synonyms=("门店",),
        ),
    )

    def key(self, values: Mapping[str, Any]) -> str | None:
        return values["plate_number"]

    def check(self, rows: Sequence[ImportRow], _context: Context) -> None:
        known = known_plates([row["plate_number"] for row in rows])
        for row in rows:
            if row["plate_number"] in known:
                row.refuse(_t("This courtesy car is known already."), field="plate_number")

    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        records = [CarRecord(row["plate_number"], row["name"], row["store"]) for row in rows]
        cars = record_cars(records=records, actor=context.actor)
        for row, car in zip(rows, cars, strict=True):
            row.created(car.pk)
