"""The history of sales from a file: stores, regions, brands and customers are made on the way."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.crm.actions.buyers import Buyer
from apps.crm.rules.customers import Gender
from apps.organisation.actions.stores import add_store
from apps.organisation.actions.structure import add_company, add_region
from apps.organisation.queries import list_legal_entities, list_regions, stores_in_scope
from apps.sales.actions import PastSale, record_past_sales
from apps.vehicles.actions.catalogue import CarName, CatalogueMatcher
from apps.vehicles.rules.vin import check_vin
from forecourt.kernel import clock
from forecourt.kernel.groups import current_group
from forecourt.kernel.imports.declaration import (
    Choice,
    Context,
    Field,
    FieldKind,
    Importer,
    ImportRow,
    NewValue,
    register,
)

PERMISSION = "sales.import_salesorder"
SOURCE = "import"
EARLIEST = date(1950, 1, 1)


def _store_choices(context: Context) -> Iterable[Choice]:
    for store in stores_in_scope(context.actor, PERMISSION):
        yield Choice(store.pk, store.name, (store.code, store.name_zh, store.name_en))


def _region_choices(context: Context) -> Iterable[Choice]:
    for region in list_regions():
        yield Choice(region.pk, region.name, (region.name_zh, region.name_en))


GENDERS = (
    Choice(Gender.MALE.value, _("Male"), ("male", "m", "男", "先生")),
    Choice(Gender.FEMALE.value, _("Female"), ("female", "f", "女", "女士")),
)


@register
class SalesHistoryImporter(Importer):
    """Past sales. A row is known by the file's own number or, without one, by all that it says."""

    kind = "sales.sales_orders"
    permission = PERMISSION
    label = _("History of sales")
    help = _(
        "One row for each car sold. Stores, regions, brands and series that are not there yet are "
        "made; a car without a VIN counts in sales and history and can never be sold again."
    )
    updates = False
    fields = (
        Field(
            "reference",
            _("Number of the sale"),
            synonyms=(
                "car id", "car_id", "sale id", "order no", "order number", "invoice no", "id",
                "订单号", "销售单号", "单号", "编号", "合同号",
            ),
            max_length=50,
        ),
        Field(
            "sold_date",
            _("Sold on"),
            kind=FieldKind.DATE,
            required=True,
            synonyms=("date", "sale date", "sold date", "delivery date", "销售日期", "成交日期",
                      "交车日期", "日期"),
        ),
        Field(
            "store",
            _("Store"),
            kind=FieldKind.CHOICE,
            required=True,
            choices=_store_choices,
            creatable=True,
            synonyms=("dealer", "dealer name", "dealer_name", "store name", "shop", "branch",
                      "门店", "店名", "经销商", "销售门店"),
        ),
        Field(
            "region",
            _("Region"),
            kind=FieldKind.CHOICE,
            choices=_region_choices,
            creatable=True,
            synonyms=("dealer region", "dealer_region", "territory", "大区", "区域", "地区"),
        ),
        Field(
            "customer_name",
            _("Customer"),
            required=True,
            max_length=100,
            synonyms=("customer name", "buyer", "client", "name", "客户姓名", "客户", "买方",
                      "车主", "姓名"),
        ),
        Field(
            "phone",
            _("Phone"),
            kind=FieldKind.PHONE,
            mask="crm.see_phone",
            lenient=True,
            synonyms=("mobile", "tel", "telephone", "phone number", "手机", "手机号", "电话",
                      "联系电话"),
        ),
        Field(
            "gender",
            _("Gender"),
            kind=FieldKind.CHOICE,
            choices=lambda context: GENDERS,
            synonyms=("sex", "性别"),
        ),
        Field("vin", "VIN", synonyms=("vin", "车架号", "车辆识别代号", "车辆识别码")),
        Field(
            "brand",
            _("Brand"),
            required=True,
            max_length=80,
            synonyms=("company", "make", "manufacturer", "品牌", "厂家", "厂商"),
        ),
        Field(
            "series",
            _("Series"),
            required=True,
            max_length=80,
            synonyms=("model", "car line", "model name", "车系", "车型"),
        ),
        Field(
            "model",
            _("Model"),
            max_length=80,
            synonyms=("trim", "version", "variant", "配置", "款型", "车款"),
        ),
        Field(
            "colour",
            _("Colour"),
            max_length=40,
            synonyms=("color", "exterior color", "颜色", "外观颜色", "车身颜色"),
        ),
        Field(
            "price",
            _("Price"),
            kind=FieldKind.MONEY,
            required=True,
            synonyms=("price ($)", "sale price", "amount", "total", "售价", "成交价", "价格",
                      "金额", "销售价格"),
        ),
    )  # fmt: skip

    def key(self, values: Mapping[str, Any]) -> str | None:
        return values.get("reference") or None

    def check(self, rows: Sequence[ImportRow], context: Context) -> None:
        today = clock.today(context.time_zone)
        for row in rows:
            if not EARLIEST <= row["sold_date"] <= today:
                row.refuse(_t("A sale lies in the past."), field="sold_date", code="date")
            if row["price"] < 0:
                row.refuse(_t("A price is not below zero."), field="price", code="price")
            if row["vin"]:
                _check_vin(row, today)

    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        makers = context.memory.setdefault("makers", _Makers(context))
        sales = [makers.sale(row) for row in rows]
        orders = record_past_sales(sales=sales, source=SOURCE, actor=context.actor)
        for row, order in zip(rows, orders, strict=True):
            if order is None:
                row.unchanged()
            else:
                row.created(order.pk)


def _check_vin(row: ImportRow, today: date) -> None:
    found = check_vin(row["vin"], today=today)
    for error in found.errors:
        row.refuse(error.message, field="vin", code=error.code)
    for warning in found.warnings:
        row.warn(warning.message, field="vin", code=warning.code)


class _Makers:
    """Finds or makes what the rows name, each once in a run."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.catalogue = CatalogueMatcher()
        self.stores: dict[str, int] = {}
        self.regions: dict[str, int] = {}

    def sale(self, row: ImportRow) -> PastSale:
        phone = row["phone"] or ""
        is_full = phone.startswith("+")
        return PastSale(
            # The engine knows rows without a number by all that they say; here they only need one.
            reference=row["reference"] or uuid4().hex[:16],
            buyer=Buyer(
                name=row["customer_name"],
                store_id=self.store(row["store"]),
                bought_date=row["sold_date"],
                phone=phone if is_full else "",
                local_phone="" if is_full else phone,
                gender=row["gender"] or Gender.UNKNOWN,
                note="" if is_full or not phone else _t("Phone without area code: %s") % phone,
            ),
            kind=self.catalogue.match(
                CarName(brand=row["brand"], series=row["series"], model=row["model"] or "")
            ),
            price=row["price"],
            currency=self.context.currency,
            region_id=self.region(row["region"]),
            vin=(row["vin"] or "").strip().upper(),
            colour=row["colour"] or "",
        )

    def store(self, value: int | NewValue) -> int:
        if not isinstance(value, NewValue):
            return value
        if value.text not in self.stores:
            store = add_store(
                code=self.free_code(),
                name_zh=value.text[:100],
                legal_entity_id=self.company(),
                actor=self.context.actor,
            )
            self.stores[value.text] = store.pk
        return self.stores[value.text]

    def free_code(self) -> str:
        """S01, S02 … : the first that no store has; people change it to their own afterwards."""
        stores = stores_in_scope(self.context.actor, "organisation.manage_store")
        taken = {store.code for store in stores}
        return next(code for number in count(1) if (code := f"S{number:02d}") not in taken)

    def region(self, value: int | NewValue | None) -> int | None:
        if not isinstance(value, NewValue):
            return value
        if value.text not in self.regions:
            region = add_region(name_zh=value.text[:100], actor=self.context.actor)
            self.regions[value.text] = region.pk
        return self.regions[value.text]

    def company(self) -> int:
        """The group's first company; a fresh group gets one under its own name."""
        first = list_legal_entities().first()
        if first is None:
            group = current_group()
            first = add_company(name_zh=group.name if group else "–", actor=self.context.actor)
        return first.pk
