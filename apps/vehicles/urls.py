from django.urls import path

from apps.vehicles.views import catalogue, stock, transfers
from apps.vehicles.views.lists import (
    AvailableList,
    BrandList,
    ModelList,
    SeriesList,
    StockUnitList,
    TransferList,
)

app_name = "vehicles"

UNIT = "stock/<int:stock_unit_id>/"
TRANSFER = "transfers/<int:transfer_id>/"

urlpatterns = [
    path("stock/", StockUnitList.as_view(), name="stock_unit_list"),
    path("stock/add/", stock.stock_unit_create, name="stock_unit_create"),
    path("stock/vin/", stock.vin_decoded, name="vin_decoded"),
    path("stock/model-options/", stock.model_options, name="model_options"),
    path("stock/unit-options/", stock.unit_options, name="unit_options"),
    path(UNIT, stock.stock_unit_detail, name="stock_unit_detail"),
    path(f"{UNIT}edit/", stock.stock_unit_edit, name="stock_unit_edit"),
    path(f"{UNIT}reserve/", stock.stock_unit_reserve, name="stock_unit_reserve"),
    path(f"{UNIT}release/", stock.stock_unit_release, name="stock_unit_release"),
    path(f"{UNIT}arrive/", stock.stock_unit_arrive, name="stock_unit_arrive"),
    path(f"{UNIT}sell/", stock.stock_unit_sell, name="stock_unit_sell"),
    path(f"{UNIT}cancel-sale/", stock.stock_unit_cancel_sale, name="stock_unit_cancel_sale"),
    path(f"{UNIT}deliver/", stock.stock_unit_deliver, name="stock_unit_deliver"),
    path(f"{UNIT}cost/", stock.stock_unit_change_cost, name="stock_unit_change_cost"),
    path(f"{UNIT}state/", stock.stock_unit_change_state, name="stock_unit_change_state"),
    path("group-stock/", AvailableList.as_view(), name="available_list"),
    path("transfers/", TransferList.as_view(), name="transfer_list"),
    path("transfers/board/", transfers.transfer_board, name="transfer_board"),
    path("transfers/board/move/", transfers.transfer_move, name="transfer_move"),
    path("transfers/request/", transfers.transfer_create, name="transfer_create"),
    path(TRANSFER, transfers.transfer_detail, name="transfer_detail"),
    path(f"{TRANSFER}approve/", transfers.transfer_approve, name="transfer_approve"),
    path(f"{TRANSFER}reject/", transfers.transfer_reject, name="transfer_reject"),
    path(f"{TRANSFER}dispatch/", transfers.transfer_dispatch, name="transfer_dispatch"),
    path(f"{TRANSFER}receive/", transfers.transfer_receive, name="transfer_receive"),
    path(f"{TRANSFER}refuse/", transfers.transfer_refuse, name="transfer_refuse"),
    path(f"{TRANSFER}cancel/", transfers.transfer_cancel, name="transfer_cancel"),
    path(f"{TRANSFER}slip/", transfers.transfer_slip, name="transfer_slip"),
    path("catalogue/", ModelList.as_view(), name="model_list"),
    path("catalogue/models/add/", catalogue.model_create, name="model_create"),
    path("catalogue/models/<int:model_id>/", catalogue.model_edit, name="model_edit"),
    path("catalogue/series/", SeriesList.as_view(), name="series_list"),
    path("catalogue/series/add/", catalogue.series_create, name="series_create"),
    path("catalogue/series/<int:series_id>/", catalogue.series_edit, name="series_edit"),
    path("catalogue/brands/", BrandList.as_view(), name="brand_list"),
    path("catalogue/brands/add/", catalogue.brand_create, name="brand_create"),
    path("catalogue/brands/<int:brand_id>/", catalogue.brand_edit, name="brand_edit"),
]
