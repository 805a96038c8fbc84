"""The lists of vehicles: own stock, what the group has available, transfers, the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.organisation.queries import list_stores, stores_in_scope
from apps.vehicles.actions import release_unit
from apps.vehicles.models import Brand, Series, StockUnit, VehicleModel, VehicleTransfer
from apps.vehicles.queries import (
    brand_choices,
    colour_choices,
    in_band,
    list_age_bands,
    list_available_units,
    list_brands,
    list_models,
    list_series,
    list_stock_units,
    list_transfers,
    search_stock_units,
    series_choices,
    stock_figures,
)
from apps.vehicles.rules.ageing import band_of
from apps.vehicles.rules.states import HELD, LIVE, OPEN_TRANSFERS, StockState, TransferState
from forecourt.kernel.access import Actor
from forecourt.ui import values
from forecourt.ui.lists import (
    BooleanColumn,
    BulkAction,
    ChoiceFilter,
    Column,
    DateColumn,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    MoneyColumn,
    NumberColumn,
    NumberRangeFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)

IN_HAND, GONE = "1", "0"


def days_badge(days: int | None) -> SafeString:
    """Days in stock in the colour of their band."""
    if days is None:
        return values.NOTHING
    return values.badge(values.number(days), band_of(days, list_age_bands()).tone)


@dataclass(frozen=True, slots=True)
class Band:
    """An age band as a page shows it."""

    label: str
    tone: str


def days_band(days: int) -> Band:
    """The age band that so many days lie in."""
    band = band_of(days, list_age_bands())
    return Band(band_label(band.first, band.last), band.tone)


class DaysColumn(NumberColumn):
    """Days in stock today; in an export the plain number."""

    def value(self, row: StockUnit) -> int | None:
        return row.days_in_stock(timezone.localdate())

    def show(self, value: Any, row: Any) -> SafeString | str:
        return days_badge(value)


class NumberOfDocument(Column):
    """A document's number, which never breaks."""

    css = "fc-nowrap fc-mono"


class AgeFilter(NumberRangeFilter):
    """Days in stock from and to, told by the day of goods-in."""

    suffixes = ("_min", "_max")

    def __init__(self) -> None:
        super().__init__(
            "age",
            _("Days in stock"),
            field="stocked_in_date",
            of=lambda days: timezone.localdate() - timedelta(days=int(days)),
            reverse=True,
        )


class BandFilter(ChoiceFilter):
    """Days in stock by band, as the colours have it."""

    def __init__(self) -> None:
        super().__init__("band", _("Age band"), _band_choices)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        chosen = {code for code, _label in self.chosen(query, actor)}
        if not chosen:
            return rows
        condition, today = Q(), timezone.localdate()
        for band in list_age_bands():
            if band.code in chosen:
                condition |= in_band(band, today)
        return rows.filter(condition)


def _band_choices(_actor: Actor) -> list[tuple[str, str]]:
    return [(band.code, band_label(band.first, band.last)) for band in list_age_bands()]


def band_label(first: int, last: int | None) -> str:
    if last is None:
        return gettext("%(days)s days and more") % {"days": first}
    if first == 0:
        return gettext("below %(days)s days") % {"days": last + 1}
    return gettext("%(first)s to %(last)s days") % {"first": first, "last": last}


class HeldFilter(ChoiceFilter):
    """In the stores' hands, or gone. Where nothing is said the list shows what the group has."""

    def __init__(self) -> None:
        choices = [(IN_HAND, _("In the stores")), (GONE, _("Gone: delivered, returned"))]
        super().__init__("held", _("Held or gone"), choices)

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        chosen = {value for value, _label in self.chosen(query, actor)}
        if chosen == {IN_HAND}:
            return rows.filter(state__in=sorted(HELD))
        if chosen == {GONE}:
            return rows.exclude(state__in=sorted(LIVE))
        if chosen or query.get("state") or query.get("q"):
            return rows
        return rows.filter(state__in=sorted(LIVE))


def _stores(actor: Actor) -> list[tuple[int, str]]:
    return [(store.pk, store.name) for store in stores_in_scope(actor, "vehicles.view_stock")]


def _all_stores(actor: Actor) -> list[tuple[int, str]]:
    return [(store.pk, store.name) for store in list_stores(actor).order_by("code")]


CAR_FILTERS = (
    ChoiceFilter(
        "brand", _("Brand"), lambda actor: brand_choices(), field="vehicle__series__brand_id"
    ),
    ChoiceFilter("series", _("Series"), lambda actor: series_choices(), field="series_id"),
    ChoiceFilter(
        "colour", _("Colour"), lambda actor: colour_choices(), field="vehicle__exterior_colour"
    ),
)


class StockUnitList(ListPage):
    """The vehicles of the person's stores."""

    name = "vehicles.stock_units"
    custom_host = "vehicle"
    permission = "vehicles.view_stock"
    title = _("Vehicle stock")
    template = "vehicles/stock_unit_list.html"
    columns = (
        Column("vehicle.full_name", _("Vehicle"), always=True),
        Column("vehicle.identity", _("VIN"), mono=True),
        Column("store.name", _("Store")),
        StatusColumn("state", _("State")),
        DaysColumn("days", _("Days"), sort="-stocked_in_date"),
        Column("vehicle.exterior_colour", _("Colour")),
        Column("vehicle.plate_number", _("Number plate"), mono=True, default=False),
        MoneyColumn("list_price", _("List price"), sort="list_price"),
        MoneyColumn("cost", _("Cost"), mask="vehicles.see_cost"),
        NumberOfDocument("stock_number", _("Stock no."), sort="stock_number", default=False),
        Column("location", _("Yard slot"), default=False),
        DateColumn("stocked_in_date", _("In stock since"), default=False),
        Column("reserved_for", _("Reserved for"), default=False),
        DateColumn("reserved_until", _("Reserved until"), default=False),
        Column("destination_store.name", _("On its way to"), default=False),
        Column("vehicle.interior_colour", _("Interior colour"), default=False),
        Column("vehicle.engine_number", _("Engine or motor number"), default=False, mono=True),
        DateColumn("vehicle.production_date", _("Production date"), default=False),
        NumberColumn("vehicle.mileage", _("Mileage (km)"), default=False),
        DateColumn("sold_date", _("Sold on"), default=False),
        MoneyColumn("sold_price", _("Sold for"), default=False),
        Column("buyer_name", _("Buyer"), default=False),
        DateColumn("left_date", _("Out of stock on"), default=False),
    )
    filters = (
        SearchFilter(_("VIN or its end, plate, stock no., series"), find=search_stock_units),
        StoreFilter(_stores),
        ChoiceFilter("state", _("State"), [(s.value, s.label) for s in StockState if s != "NEW"]),
        *CAR_FILTERS,
        BandFilter(),
        AgeFilter(),
        NumberRangeFilter("price", _("List price"), field="list_price"),
        HeldFilter(),
        DateRangeFilter("delivered", _("Out of stock on"), field="left_date"),
    )
    default_sort = "-days"
    bulk_actions = (
        BulkAction(
            "transfer",
            _("Request transfer"),
            run=lambda row_id, actor: None,  # see StockUnitList._bulk: one transfer takes them all
            permission="vehicles.request_transfer",
            icon="transfer",
        ),
        BulkAction(
            "release",
            _("Release"),
            run=lambda row_id, actor: release_unit(stock_unit_id=row_id, actor=actor),
            permission="vehicles.reserve_unit",
            icon="lock-open",
            confirm=_("Release the chosen vehicles?"),
        ),
    )
    empty = Empty(
        _("No vehicles yet"),
        _("Take the first one into stock, or import a list."),
        icon="car",
        url_name="vehicles:stock_unit_create",
        label=_("Add a vehicle"),
        permission="vehicles.receive_unit",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[StockUnit]:
        return list_stock_units(actor).in_focus(actor)

    def row_url(self, row: StockUnit) -> str:
        return reverse("vehicles:stock_unit_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {
            "figures": stock_figures(self.actor, timezone.localdate()),
            "tab": self._tab(),
            "may_receive": self.actor.can("vehicles.receive_unit"),
            "may_import": self.actor.can("vehicles.import_vehicles"),
            "may_see_cost": self.actor.can("vehicles.see_cost"),
        }

    def _tab(self) -> str:
        if self.query.getlist("held") == [GONE]:
            return "gone"
        coming = {"ORDERED", "IN_TRANSIT", "ON_TRANSFER"}
        if set(self.query.getlist("state")) == coming:
            return "coming"
        return "stock" if not self.query.getlist("state") else ""

    def _bulk(self, post: QueryDict) -> HttpResponse:
        if post["bulk"] != "transfer":
            return super()._bulk(post)
        self._action("transfer")
        query = QueryDict(mutable=True)
        query.setlist("unit", [str(pk) for pk in self._chosen_ids(post)])
        url = f"{reverse('vehicles:transfer_create')}?{query.urlencode()}"
        if getattr(self.request, "htmx", None):
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)


class AvailableList(ListPage):
    """What every store of the group could hand over; without costs and without customers."""

    name = "vehicles.available_units"
    permission = "vehicles.view_availability"
    title = _("Group stock")
    subtitle = _("What any store of the group has; ask for it with a transfer.")
    columns = (
        Column("vehicle.full_name", _("Vehicle"), always=True),
        Column("store.name", _("Store")),
        StatusColumn("state", _("State")),
        Column("vehicle.exterior_colour", _("Colour")),
        Column("vehicle.plate_number", _("Number plate"), mono=True, default=False),
        Column("vehicle.interior_colour", _("Interior colour"), default=False),
        DaysColumn("days", _("Days"), sort="-stocked_in_date"),
        MoneyColumn("list_price", _("List price"), sort="list_price"),
        NumberOfDocument("stock_number", _("Stock no."), sort="stock_number"),
    )
    filters = (
        SearchFilter(_("Series, model, colour, VIN"), find=search_stock_units),
        StoreFilter(_all_stores),
        *CAR_FILTERS,
        BandFilter(),
        NumberRangeFilter("price", _("List price"), field="list_price"),
        ChoiceFilter(
            "state",
            _("State"),
            [
                (StockState.IN_STOCK.value, StockState.IN_STOCK.label),
                (StockState.RESERVED.value, StockState.RESERVED.label),
            ],
        ),
    )
    default_sort = "-days"
    empty = Empty(_("Nothing in stock in the whole group"), icon="car")

    def get_queryset(self, actor: Actor) -> QuerySet[StockUnit]:
        return list_available_units(actor)

    def row_url(self, row: StockUnit) -> str | None:
        if self.actor.can("vehicles.view_stock", store_id=row.store_id):
            return reverse("vehicles:stock_unit_detail", args=[row.pk])
        if row.is_available and self.actor.can("vehicles.request_transfer"):
            return f"{reverse('vehicles:transfer_create')}?unit={row.pk}"
        return None


# --- Transfers ----------------------------------------------------------------------------------


def transfer_days(transfer: VehicleTransfer) -> int:
    """Whole days since the request, until the end or today."""
    return max(0, ((transfer.closed_date or timezone.localdate()) - transfer.requested_date).days)


class TransferList(ListPage):
    """Transfers from and to the person's stores."""

    name = "vehicles.transfers"
    permission = "vehicles.view_transfer"
    title = _("Transfers")
    template = "vehicles/transfer_list.html"
    columns = (
        NumberOfDocument("number", _("Transfer number"), sort="id", always=True),
        Column("from_store.name", _("From")),
        Column("to_store.name", _("To")),
        NumberColumn("unit_count", _("Vehicles")),
        StatusColumn("state", _("State")),
        Column("get_reason_display", _("Reason"), value=lambda row: row.get_reason_display()),
        Column("requested_by.name", _("Requested by"), default=False),
        DateTimeColumn("requested_at", _("Requested at"), relative=True),
        NumberColumn("days", _("Days"), value=transfer_days),
        Column("carrier", _("Carrier or driver"), default=False),
        Column("order_reference", _("Order number"), default=False),
    )
    filters = (
        SearchFilter(_("Transfer number"), fields=("number",)),
        ChoiceFilter("state", _("State"), TransferState),
        ChoiceFilter("from", _("From"), _all_stores, field="from_store_id"),
        ChoiceFilter("to", _("To"), _all_stores, field="to_store_id"),
        DateRangeFilter("requested", _("Requested at"), field="requested_date"),
    )
    default_sort = "-number"
    empty = Empty(
        _("No transfers yet"),
        _("Ask another store for a vehicle, or send one of yours."),
        icon="transfer",
        url_name="vehicles:transfer_create",
        label=_("Request a transfer"),
        permission="vehicles.request_transfer",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[VehicleTransfer]:
        return list_transfers(actor).in_focus(actor)

    def row_url(self, row: VehicleTransfer) -> str:
        return reverse("vehicles:transfer_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        chosen = set(self.query.getlist("state"))
        tab = "open" if chosen == set(OPEN_TRANSFERS) else "all" if not chosen else ""
        return {"tab": tab, "may_request": self.actor.can("vehicles.request_transfer")}


# --- Catalogue ----------------------------------------------------------------------------------


class _CatalogueList(ListPage):
    permission = "vehicles.view_stock"
    template = "vehicles/catalogue_list.html"
    dialog: str
    add_label: Any

    def row_url(self, row: Any) -> str | None:
        return None

    def context(self) -> dict[str, Any]:
        return {
            "may_manage": self.actor.can("vehicles.manage_catalogue"),
            "add_url": reverse(f"vehicles:{self.dialog}_create"),
            "add_label": self.add_label,
            "tab": self.dialog,
        }


class _EditColumn(Column):
    """The name; a press opens its form in a dialog."""

    def __init__(self, name: str, label: Any, *, dialog: str, **options: Any) -> None:
        super().__init__(name, label, **options)
        self.dialog = dialog

    def cell(self, row: Any, actor: Actor) -> SafeString | str:
        text = super().cell(row, actor)
        if not actor.can("vehicles.manage_catalogue"):
            return text
        return format_html(
            '<button type="button" class="btn btn-quiet fc-cell-button" aria-haspopup="dialog"'
            ' hx-get="{}" hx-target="#dialog-body">{}</button>',
            reverse(f"vehicles:{self.dialog}_edit", args=[row.pk]),
            text,
        )


class BrandList(_CatalogueList):
    name = "vehicles.brands"
    title = _("Car brands")
    dialog = "brand"
    add_label = _("Add a brand")
    columns = (
        _EditColumn("name", _("Brand"), dialog="brand", always=True),
        Column("name_zh", _("Chinese name"), sort="name_zh"),
        Column("name_en", _("English name"), sort="name_en"),
        BooleanColumn("is_hidden", _("Hidden")),
    )
    filters = (SearchFilter(pgettext_lazy("thing", "Name"), fields=("name_zh", "name_en")),)
    default_sort = "name_zh"

    def get_queryset(self, actor: Actor) -> QuerySet[Brand]:
        return list_brands()


class SeriesList(_CatalogueList):
    name = "vehicles.series"
    title = _("Series")
    dialog = "series"
    add_label = _("Add a series")
    columns = (
        _EditColumn("name", _("Series"), dialog="series", always=True),
        Column("brand.name", _("Brand")),
        Column("name_zh", _("Chinese name"), sort="name_zh"),
        Column("name_en", _("English name"), sort="name_en"),
        BooleanColumn("is_hidden", _("Hidden")),
    )
    filters = (
        SearchFilter(
            pgettext_lazy("thing", "Name"),
            fields=("name_zh", "name_en", "brand__name_zh", "brand__name_en"),
        ),
        ChoiceFilter("brand", _("Brand"), lambda actor: brand_choices(), field="brand_id"),
    )
    default_sort = "name_zh"

    def get_queryset(self, actor: Actor) -> QuerySet[Series]:
        return list_series()


class ModelList(_CatalogueList):
    name = "vehicles.models"
    title = _("Models")
    dialog = "model"
    add_label = _("Add a model")
    columns = (
        _EditColumn("name", _("Model and trim"), dialog="model", always=True),
        Column("series.brand.name", _("Brand")),
        Column("series.name", _("Series")),
        Column("model_year", _("Model year")),
        Column("energy", _("Energy"), value=lambda row: row.get_energy_display()),
        MoneyColumn("guide_price", _("Guide price"), sort="guide_price"),
        BooleanColumn("is_hidden", _("Hidden")),
    )
    filters = (
        SearchFilter(
            pgettext_lazy("thing", "Name"),
            fields=("name_zh", "name_en", "series__name_zh", "series__name_en"),
        ),
        ChoiceFilter("brand", _("Brand"), lambda actor: brand_choices(), field="series__brand_id"),
        ChoiceFilter("series", _("Series"), lambda actor: series_choices()),
        ChoiceFilter("energy", _("Energy"), VehicleModel.Energy),
    )
    default_sort = "guide_price"

    def get_queryset(self, actor: Actor) -> QuerySet[VehicleModel]:
        return list_models()
