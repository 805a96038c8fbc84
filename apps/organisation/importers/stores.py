"""Stores from a file: added with their companies and regions, and known ones corrected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.organisation import queries, rules
from apps.organisation.actions import add_company, add_region, add_store, edit_store
from apps.organisation.actions.stores import FIELDS
from apps.organisation.importers.rows import RowByRow
from apps.organisation.models import Store
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.actions import change_values
from forecourt.kernel.errors import Invalid
from forecourt.kernel.imports import Choice, Context, Field, FieldKind, ImportRow, register
from forecourt.kernel.imports.custom import custom_columns, custom_values
from forecourt.kernel.imports.declaration import NewValue

PERMISSION = "organisation.manage_store"
_SEPARATORS = re.compile(r"[,，、;；/|]+")
COLUMNS = {"legal_entity_id": "company", "region_id": "region", "brand_names": "brands"}
"""Facts of a store that the file calls otherwise."""


def _companies(_context: Context) -> Iterable[Choice]:
    for company in queries.list_legal_entities():
        names = (company.name_zh, company.name_en, company.tax_number)
        yield Choice(company.pk, company.name, names)


def _regions(_context: Context) -> Iterable[Choice]:
    for region in queries.list_regions():
        yield Choice(region.pk, region.name, (region.name_zh, region.name_en))


def _code(text: str, _context: Context) -> str:
    return rules.clean_code(text)


def _brands(text: str, _context: Context) -> list[str]:
    return [name.strip() for name in _SEPARATORS.split(text) if name.strip()]


def _division(text: str, _context: Context) -> str:
    """A code, a name or the beginning of an address. Raises Invalid where it is ambiguous."""
    found = regions.get(text) if text.isdigit() else regions.find(text)
    if found is None:
        raise Invalid(_t("“%(name)s” names no single administrative division.") % {"name": text})
    return found.code


def _time(text: str, _context: Context) -> time:
    hour, _colon, minute = text.strip().replace("：", ":").partition(":")
    try:
        return time(int(hour), int(minute[:2] or 0))
    except ValueError as error:
        raise Invalid(_t("A time of day, such as 09:00.")) from error


@register
class StoreImporter(RowByRow):
    """One row per store, known by its code."""

    kind = "organisation.store"
    permission = PERMISSION
    label = _("Stores")
    help = _(
        "One row for each store, known by its code. Companies and regions that are not there yet "
        "are made; stores that are there already are corrected by what the file says."
    )
    chunk_rows = 50
    columns = COLUMNS
    fields = (
        Field("code", _("Code"), parse=_code, required=True, synonyms=("门店代码", "代码", "编码")),
        Field(
            "name_zh",
            _("Chinese name"),
            required=True,
            max_length=100,
            synonyms=("门店名称", "门店", "中文名称", "名称", "store", "name"),
        ),
        Field("name_en", _("English name"), max_length=100, synonyms=("英文名称", "英文名")),
        Field(
            "company",
            _("Company"),
            kind=FieldKind.CHOICE,
            choices=_companies,
            creatable=True,
            required=True,
            synonyms=("公司", "所属公司", "法人", "legal entity"),
        ),
        Field(
            "region",
            _("Region"),
            kind=FieldKind.CHOICE,
            choices=_regions,
            creatable=True,
            synonyms=("大区", "区域"),
        ),
        Field("brands", _("Brands"), parse=_brands, synonyms=("品牌", "授权品牌", "brand")),
        Field(
            "division_code",
            _("Administrative division"),
            parse=_division,
            synonyms=("行政区划", "省市", "所在地", "city"),
        ),
        Field("address", _("Address"), max_length=200, synonyms=("地址", "详细地址")),
        Field(
            "latitude", _("Latitude"), kind=FieldKind.NUMBER, synonyms=("纬度", "lat", "latitude")
        ),
        Field(
            "longitude",
            _("Longitude"),
            kind=FieldKind.NUMBER,
            synonyms=("经度", "lng", "lon", "longitude"),
        ),
        Field("phone", _("Telephone"), max_length=20, synonyms=("电话", "门店电话", "phone")),
        Field("time_zone", _("Time zone"), max_length=40, synonyms=("时区",)),
        Field("opens_at", _("Opens"), parse=_time, synonyms=("开门", "营业开始", "开门时间")),
        Field("closes_at", _("Closes"), parse=_time, synonyms=("打烊", "营业结束", "打烊时间")),
        Field(
            "opening_date",
            _("Opening date"),
            kind=FieldKind.DATE,
            synonyms=("开业日期", "开业时间"),
        ),
    )

    def extra_fields(self, actor: Actor) -> tuple[Field, ...]:
        return custom_columns("store", actor)

    def key(self, values: Mapping[str, Any]) -> str | None:
        return values.get("code") or None

    def take(self, row: ImportRow, context: Context) -> None:
        known = queries.list_stores(context.actor).filter(code=row["code"]).first()
        said = self._said(row, context)
        if known is None:
            custom = custom_values(row) or None
            row.created(add_store(actor=context.actor, custom=custom, **said).pk)
        elif self._brings_news(known, said, row, context):
            row.updated(known.pk)
        else:
            row.unchanged(known.pk)

    def _said(self, row: ImportRow, context: Context) -> dict[str, Any]:
        """What the row says, as the actions call it; blank cells say nothing."""
        names = {column: name for name, column in COLUMNS.items()}
        own = (each.name for each in type(self).fields)
        said = {names.get(name, name): row[name] for name in own if row[name] is not None}
        for name, make in (("legal_entity_id", add_company), ("region_id", add_region)):
            value = said.get(name)
            if isinstance(value, NewValue):
                said[name] = self._made(name, value.text, make, context)
        return said

    def _made(self, name: str, text: str, make: Any, context: Context) -> int:
        """The company or region of this name: one that a row before has made, or a new one."""
        rows = (
            queries.list_legal_entities() if name == "legal_entity_id" else queries.list_regions()
        )
        present = rows.filter(name_zh=text).first()
        found = present if present is not None else make(name_zh=text, actor=context.actor)
        pk: int = found.pk
        return pk

    def _brings_news(
        self, known: Store, said: dict[str, Any], row: ImportRow, context: Context
    ) -> bool:
        """Write what the file says; answers whether anything of it is new."""
        present = {name: getattr(known, name) for name in FIELDS}
        wanted = present | said
        changed = edit_store(store_id=known.pk, actor=context.actor, **wanted)
        is_new = any(
            _plain(getattr(changed, name)) != _plain(value) for name, value in present.items()
        )
        values = custom_values(row)
        if values:
            before = dict(changed.custom)
            after = change_values(host="store", row_id=known.pk, values=values, actor=context.actor)
            is_new |= after.custom != before
        return is_new


def _plain(value: Any) -> Any:
    """Coordinates are the same however many noughts they end in."""
    return float(value) if isinstance(value, Decimal) else value
