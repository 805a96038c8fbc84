"""Brands, series and models: kept by people, or made on the way of an import."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from apps.organisation.actions import follow_brand
from apps.organisation.brands import KNOWN
from apps.vehicles.models import Brand, Series, VehicleModel
from apps.vehicles.queries import forget_choices, get_brand, get_model, get_series
from forecourt.kernel import audit, group_settings
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.text import normalise

Row = TypeVar("Row", bound=models.Model)
HAN = re.compile(r"[\u3400-\u9fff]")
NAME_LENGTH = 80


def save_brand(
    *,
    actor: Actor,
    name_zh: str,
    name_en: str,
    is_hidden: bool = False,
    brand_id: int | None = None,
) -> Brand:
    """Add a brand or, with its id, change it. Raises NotPermitted, NotFound, Invalid, Conflict."""
    actor.require("vehicles.manage_catalogue")
    brand = get_brand(brand_id=brand_id) if brand_id else Brand()
    return _save(actor, brand, name_zh=name_zh, name_en=name_en, is_hidden=is_hidden)


def save_series(
    *,
    actor: Actor,
    brand_id: int,
    name_zh: str,
    name_en: str,
    is_hidden: bool = False,
    series_id: int | None = None,
) -> Series:
    """Add a series or, with its id, change it. A series stays with its brand.

    Raises NotPermitted, NotFound, Invalid or Conflict.
    """
    actor.require("vehicles.manage_catalogue")
    series = get_series(series_id=series_id) if series_id else Series(brand_id=brand_id)
    get_brand(brand_id=brand_id)
    if series.brand_id != brand_id:
        raise Invalid(_("A series stays with its brand."), field="brand")
    return _save(actor, series, name_zh=name_zh, name_en=name_en, is_hidden=is_hidden)


def save_model(
    *,
    actor: Actor,
    series_id: int,
    name_zh: str,
    name_en: str,
    model_year: int | None,
    energy: str,
    guide_price: Decimal | None,
    is_hidden: bool = False,
    model_id: int | None = None,
) -> VehicleModel:
    """Add a model or, with its id, change it. A model stays with its series.

    Raises NotPermitted, NotFound, Invalid or Conflict.
    """
    actor.require("vehicles.manage_catalogue")
    model = get_model(model_id=model_id) if model_id else VehicleModel(series_id=series_id)
    get_series(series_id=series_id)
    if model.series_id != series_id:
        raise Invalid(_("A model stays with its series."), field="series")
    return _save(
        actor,
        model,
        name_zh=name_zh,
        name_en=name_en,
        model_year=model_year,
        energy=energy,
        guide_price=guide_price,
        is_hidden=is_hidden,
    )


def _save(actor: Actor, row: Row, **values: Any) -> Row:
    values["name_zh"], values["name_en"] = values["name_zh"].strip(), values["name_en"].strip()
    if not (values["name_zh"] or values["name_en"]):
        raise Invalid(_("Give at least one of the two names."), field="name_zh")
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    is_new = row.pk is None
    try:
        with transaction.atomic():
            row.save(force_insert=is_new)
            if isinstance(row, Brand):
                _tell_stores(row, before)
            changes = {} if is_new else audit.changes_between(before, values)
            audit.record(actor, "created" if is_new else "changed", row, changes)
    except IntegrityError as error:
        raise Conflict(_("This name is taken already."), field="name_zh") from error
    transaction.on_commit(forget_choices)
    group_settings.forget()
    return row


def _tell_stores(brand: Brand, before: dict[str, Any]) -> None:
    """Stores name the brands that they sell; where a name is gone they take the present one."""
    names = (brand.name_zh, brand.name_en)
    former = {before[name] for name in ("name_zh", "name_en")} - {"", *names}
    follow_brand(former_names=former, name=brand.name_zh or brand.name_en)


@dataclass(frozen=True, slots=True)
class CarName:
    """What a list says a car is: names as they stand there, the model maybe unsaid."""

    brand: str
    series: str
    model: str = ""
    model_year: int | None = None
    energy: str | None = None


@dataclass(frozen=True, slots=True)
class CarKind:
    """What it is in the catalogue."""

    series: Series
    model: VehicleModel | None


class CatalogueMatcher:
    """Finds brands, series and models by either name, and makes what is missing.

    Reads the catalogue once and is good for one import; what it makes is committed with the
    caller's transaction. Spelling that differs in case, width or spaces is the same name.
    """

    def __init__(self) -> None:
        self._brands = _by_name(Brand.objects.all(), lambda brand: ())
        self._series = _by_name(
            Series.objects.select_related("brand"), lambda series: (series.brand_id,)
        )
        self._models = _by_name(
            VehicleModel.objects.all(), lambda model: (model.series_id, model.model_year)
        )

    def knows(self, name: CarName) -> bool:
        """Whether brand and series exist already."""
        brand = self._brands.get(_key(name.brand))
        return brand is not None and _key(name.series, brand.pk) in self._series

    def match(self, name: CarName) -> CarKind:
        """The place in the catalogue, made where it is missing. Raises Invalid for blank names."""
        if not name.brand.strip():
            raise Invalid(_("The brand is missing."), field="brand")
        if not name.series.strip():
            raise Invalid(_("The series is missing."), field="series")
        brand = self._brands.get(_key(name.brand))
        if brand is None:
            brand = _add(self._brands, Brand(**_names(name.brand)), _key(name.brand))
        key = _key(name.series, brand.pk)
        series = self._series.get(key)
        if series is None:
            series = _add(self._series, Series(brand=brand, **_names(name.series)), key)
        return CarKind(series, self._model(series, name))

    def _model(self, series: Series, name: CarName) -> VehicleModel | None:
        if not name.model.strip():
            return None
        key = _key(name.model, series.pk, name.model_year)
        model = self._models.get(key)
        if model is None:
            fresh = VehicleModel(
                series=series,
                model_year=name.model_year,
                energy=name.energy or VehicleModel.Energy.PETROL,
                **_names(name.model),
            )
            model = _add(self._models, fresh, key)
        return model


def _add(known: dict[tuple, Row], row: Row, key: tuple) -> Row:
    row.save(force_insert=True)
    if isinstance(row, Brand):
        KNOWN.forget()
    transaction.on_commit(forget_choices)
    group_settings.forget()
    known[key] = row
    return row


def _by_name(rows: Iterable[Row], belonging: Any) -> dict[tuple, Row]:
    found = {}
    for row in rows:
        for text in (row.name_zh, row.name_en):
            if text:
                found[_key(text, *belonging(row))] = row
    return found


def _key(text: str, *belonging: int | None) -> tuple:
    return (normalise(text).replace(" ", ""), *belonging)


def _names(text: str) -> dict[str, str]:
    text = text.strip()[:NAME_LENGTH]
    return (
        {"name_zh": text, "name_en": ""} if HAN.search(text) else {"name_zh": "", "name_en": text}
    )
