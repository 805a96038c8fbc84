"""The pages: what they show, to whom, and what they cost."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from apps.vehicles.actions import (
    approve_transfer,
    change_cost,
    dispatch_transfer,
    reserve_unit,
)
from apps.vehicles.models import StockUnit, VehicleTransfer
from forecourt.kernel import clock
from forecourt.kernel.access import system_actor
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_model, make_series, make_transfer, make_unit, next_vin

SYSTEM = system_actor("test")


@pytest.fixture
def shop(group, client_of):
    """A store with people and a way to open pages as one of them, in English."""

    class Shop:
        store, other = make_store(), make_store()
        manager = make_staff("store_manager", store)
        advisor = make_staff("sales_advisor", store)
        clerk = make_staff("inventory_clerk", store)
        other_manager = make_staff("store_manager", other)
        headquarters = make_staff("headquarters")

        @staticmethod
        def browser(staff):
            browser = client_of(group, staff.user)
            browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
            return browser

    with translation.override("en"):
        yield Shop


def url(name: str, *args: object) -> str:
    return reverse(f"vehicles:{name}", args=args, urlconf="forecourt.config.urls_group")


HTMX = {"HX-Request": "true"}
DIALOG = {**HTMX, "HX-Target": "dialog-body"}


def test_the_stock_list_shows_a_stores_vehicles_and_no_others(shop) -> None:
    mine, theirs = make_unit(shop.store), make_unit(shop.other)

    page = shop.browser(shop.manager).get(url("stock_unit_list"))

    assert page.status_code == 200
    assert mine.stock_number in page.content.decode()
    assert theirs.stock_number not in page.content.decode()


def test_the_list_costs_few_queries(shop, django_assert_max_num_queries) -> None:
    for _ in range(3):
        make_unit(shop.store)
    browser = shop.browser(shop.manager)
    browser.get(url("stock_unit_list"))

    with django_assert_max_num_queries(12):
        browser.get(url("stock_unit_list"), {"sort": "-days", "state": "IN_STOCK"})


def test_cost_is_hidden_from_who_may_not_see_it_also_in_exports(shop) -> None:
    make_unit(shop.store, cost=Decimal("123456.00"))

    seen = shop.browser(shop.manager).get(url("stock_unit_list")).content.decode()
    hidden = shop.browser(shop.advisor).get(url("stock_unit_list")).content.decode()
    export = shop.browser(shop.advisor).get(url("stock_unit_list"), {"export": "csv"})
    body = b"".join(export.streaming_content).decode("utf-8-sig")

    assert "123,456" in seen
    assert "123,456" not in hidden
    assert "123456" not in body
    assert "***" in body


def test_the_unit_page_hides_the_cost_too(shop) -> None:
    unit = make_unit(shop.store, cost=Decimal("123456.00"))

    assert (
        "123,456"
        in shop.browser(shop.manager).get(url("stock_unit_detail", unit.pk)).content.decode()
    )
    page = shop.browser(shop.advisor).get(url("stock_unit_detail", unit.pk))
    assert page.status_code == 200
    assert "123,456" not in page.content.decode()


def test_a_changed_cost_shows_only_to_who_may_see_costs(shop) -> None:
    unit = make_unit(shop.store, cost=Decimal("123456.00"))
    change_cost(stock_unit_id=unit.pk, cost=Decimal("98765.00"), note="rebate", actor=SYSTEM)

    for tab in ("overview", "history"):
        page = shop.browser(shop.advisor).get(url("stock_unit_detail", unit.pk), {"tab": tab})
        text = page.content.decode()
        assert "Cost changed" in text
        assert not re.search(r"123,?456|98,?765", text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"brand": "brand"}, ["old"]),
        ({"series": "series"}, ["old"]),
        ({"age_min": "90"}, ["old"]),
        ({"band": "90-179"}, ["old"]),
        ({"colour": "珍珠白"}, ["new"]),
        ({"price_from": "200000"}, ["new"]),
        ({"state": "RESERVED"}, ["new"]),
        ({"held": "1"}, ["old", "new"]),
        ({"held": "0"}, []),
        ({"q": "tail"}, ["old"]),
    ],
)
def test_filters_narrow_the_list(shop, query: dict, found: list) -> None:
    series = make_series()
    old = make_unit(shop.store, series=series, stocked_in_date=clock.today() - timedelta(days=100))
    new = make_unit(
        shop.store, vehicle={"exterior_colour": "珍珠白"}, list_price=Decimal("250000.00")
    )
    reserve_unit(stock_unit_id=new.pk, customer_name="x", actor=SYSTEM)
    values = {"brand": series.brand_id, "series": series.pk, "tail": old.vehicle.vin[-6:]}
    query = {name: values.get(value, value) for name, value in query.items()}

    text = shop.browser(shop.manager).get(url("stock_unit_list"), query).content.decode()

    units = {"old": old, "new": new}
    assert {name for name, unit in units.items() if unit.stock_number in text} == set(found)


def test_group_stock_shows_other_stores_without_cost_or_customer(shop) -> None:
    theirs = make_unit(shop.other, cost=Decimal("123456.00"))
    reserve_unit(stock_unit_id=theirs.pk, customer_name="秘密客户", actor=SYSTEM)

    page = shop.browser(shop.advisor).get(url("available_list"))

    text = page.content.decode()
    assert theirs.stock_number in text
    assert "123,456" not in text
    assert "秘密客户" not in text
    unit_page = shop.browser(shop.advisor).get(url("stock_unit_detail", theirs.pk))
    assert unit_page.status_code == 404


def test_a_vehicle_is_added_and_its_vin_decoded(shop) -> None:
    browser, model, vin = shop.browser(shop.clerk), make_model(), next_vin()

    decoded = browser.get(url("vin_decoded"), {"vin": vin}, headers=HTMX)
    options = browser.get(url("model_options"), {"series": model.series_id}, headers=HTMX)
    answer = browser.post(
        url("stock_unit_create"),
        {
            "vin": vin,
            "series": model.series_id,
            "model": model.pk,
            "condition": "NEW",
            "origin": "MANUFACTURER",
            "store": shop.store.pk,
            "state": "IN_STOCK",
            "list_price": "129,800",
        },
    )

    assert "2025" in decoded.content.decode()
    assert model.full_name in options.content.decode()
    unit = StockUnit.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == url("stock_unit_detail", unit.pk)
    assert unit.list_price == 129800


def test_a_wrong_vin_stands_beside_its_field(shop) -> None:
    browser, series = shop.browser(shop.clerk), make_series()
    values = {
        "series": series.pk,
        "condition": "NEW",
        "origin": "MANUFACTURER",
        "store": shop.store.pk,
        "state": "IN_STOCK",
    }

    typo = browser.post(url("stock_unit_create"), values | {"vin": "LSVAA4L91SN00000X"})
    unusual = browser.post(url("stock_unit_create"), values | {"vin": "WVWZZZ1JZXW000001"})
    confirmed = browser.post(
        url("stock_unit_create"),
        values | {"vin": "WVWZZZ1JZXW000001", "vin_confirmed": "on"},
    )

    assert typo.status_code == unusual.status_code == 422
    assert "check digit" in typo.content.decode()
    assert 'name="vin_confirmed"' in unusual.content.decode()
    assert confirmed.status_code == 302


def test_a_reservation_in_a_dialog(shop) -> None:
    unit = make_unit(shop.store)
    browser = shop.browser(shop.advisor)

    form = browser.get(url("stock_unit_reserve", unit.pk), headers=DIALOG)
    empty = browser.post(url("stock_unit_reserve", unit.pk), {}, headers=DIALOG)
    done = browser.post(
        url("stock_unit_reserve", unit.pk), {"customer_name": "李雷"}, headers=DIALOG
    )

    assert form.status_code == 200
    assert empty.status_code == 422
    assert done["HX-Refresh"] == "true"
    assert StockUnit.objects.get().reserved_for == "李雷"
    assert "李雷" in browser.get(url("stock_unit_detail", unit.pk)).content.decode()


def test_every_dialog_of_a_unit_opens(shop) -> None:
    unit = make_unit(shop.store)
    browser = shop.browser(shop.manager)

    for step in ("edit", "reserve", "release", "arrive", "sell", "cancel_sale", "deliver"):
        answer = browser.get(url(f"stock_unit_{step}", unit.pk), headers=DIALOG)
        assert answer.status_code == 200, step
    for step in ("change_cost", "change_state"):
        answer = browser.get(url(f"stock_unit_{step}", unit.pk), headers=DIALOG)
        assert answer.status_code == 200, step


def test_a_stranger_finds_no_unit_and_no_transfer(shop) -> None:
    unit = make_unit(shop.other)
    transfer = make_transfer(unit, to_store=make_store())
    browser = shop.browser(shop.manager)

    assert browser.get(url("stock_unit_detail", unit.pk)).status_code == 404
    assert browser.get(url("stock_unit_reserve", unit.pk)).status_code == 404
    assert browser.get(url("transfer_detail", transfer.pk)).status_code == 404
    assert browser.get(url("transfer_slip", transfer.pk)).status_code == 404
    assert browser.post(url("transfer_approve", transfer.pk)).status_code == 404


def test_a_transfer_goes_through_its_pages(shop) -> None:
    unit = make_unit(shop.other)
    asks, gives = shop.browser(shop.manager), shop.browser(shop.other_manager)

    found = asks.get(url("unit_options"), {"q": unit.vehicle.vin[-6:]}, headers=HTMX)
    form = asks.get(url("transfer_create"), {"unit": unit.pk})
    asked = asks.post(
        f"{url('transfer_create')}?unit={unit.pk}",
        {"to_store": shop.store.pk, "reason": "BALANCING"},
    )
    transfer = VehicleTransfer.objects.get()
    page = url("transfer_detail", transfer.pk)

    assert str(unit.pk) in found.content.decode()
    assert unit.vehicle.vin in form.content.decode()
    assert asked["Location"] == page
    assert "Approve" not in re.findall(r"btn-primary[^>]*>.*?</", asks.get(page).content.decode())
    assert gives.get(page).status_code == 200
    assert gives.post(url("transfer_approve", transfer.pk)).status_code == 302
    sent = gives.post(
        url("transfer_dispatch", transfer.pk),
        {"carrier": "顺达物流", f"mileage_{unit.pk}": "12"},
        headers=DIALOG,
    )
    assert sent["HX-Refresh"] == "true"
    assert asks.get(url("transfer_receive", transfer.pk)).status_code == 200
    refused = asks.post(
        url("transfer_receive", transfer.pk), {f"outcome_{unit.pk}": "refused"}, headers=HTMX
    )
    assert refused.status_code == 422
    received = asks.post(
        url("transfer_receive", transfer.pk),
        {f"outcome_{unit.pk}": "here", f"mileage_{unit.pk}": "40", "note": "ok"},
    )
    assert received.status_code == 302
    assert StockUnit.objects.get().store_id == shop.store.pk
    assert "顺达物流" in asks.get(page).content.decode()
    slip = asks.get(url("transfer_slip", transfer.pk)).content.decode()
    assert "<svg" in slip
    assert unit.vehicle.vin in slip


def test_the_board_moves_a_transfer_and_refuses_what_is_not_allowed(shop) -> None:
    transfer = make_transfer(
        make_unit(shop.other), to_store=shop.store, actor=actor_of(shop.manager)
    )
    asks, gives = shop.browser(shop.manager), shop.browser(shop.other_manager)

    assert transfer.number in asks.get(url("transfer_board")).content.decode()
    move = {"card": transfer.pk, "lane": "APPROVED"}
    assert asks.post(url("transfer_move"), move, headers=HTMX).status_code == 403
    assert gives.post(url("transfer_move"), move, headers=HTMX).status_code == 200

    transfer.refresh_from_db()
    assert transfer.state == "APPROVED"


def test_chosen_rows_become_one_request(shop) -> None:
    units = [make_unit(shop.store) for _ in range(2)]

    answer = shop.browser(shop.manager).post(
        url("stock_unit_list"), {"bulk": "transfer", "row": [unit.pk for unit in units]}
    )

    assert answer.status_code == 302
    assert all(f"unit={unit.pk}" in answer["Location"] for unit in units)


def test_a_vehicle_on_its_way_opens_at_both_stores(shop) -> None:
    unit = make_unit(shop.other)
    transfer = make_transfer(unit, to_store=shop.store, actor=actor_of(shop.manager))
    approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    dispatch_transfer(transfer_id=transfer.pk, actor=SYSTEM)

    for staff in (shop.manager, shop.other_manager):
        page = shop.browser(staff).get(url("stock_unit_detail", unit.pk))
        assert page.status_code == 200
        assert transfer.number in page.content.decode()


def test_the_catalogue_is_kept_by_those_who_may(shop) -> None:
    model = make_model()
    boss, advisor = shop.browser(shop.headquarters), shop.browser(shop.advisor)

    for name in ("model_list", "series_list", "brand_list"):
        assert boss.get(url(name)).status_code == 200
    assert boss.get(url("model_edit", model.pk), headers=DIALOG).status_code == 200
    saved = boss.post(url("brand_create"), {"name_zh": "蔚来", "name_en": "NIO"}, headers=DIALOG)
    assert saved["HX-Refresh"] == "true"
    again = boss.post(url("brand_create"), {"name_zh": "蔚来"}, headers=DIALOG)
    assert again.status_code == 422
    assert advisor.get(url("brand_create"), headers=DIALOG).status_code == 403


def test_search_finds_by_the_end_of_the_vin_and_by_words(shop) -> None:
    from forecourt.kernel.search import find

    unit = make_unit(shop.store, vehicle={"exterior_colour": "极光蓝"})
    other = make_unit(shop.other)
    actor = actor_of(shop.manager)

    for query in (unit.vehicle.vin, unit.vehicle.vin[-4:], unit.stock_number, "极光"):
        hits = [hit.url for _source, hits in find(query, actor) for hit in hits]
        assert url("stock_unit_detail", unit.pk) in hits, query
    hits = [hit.url for _source, hits in find(other.vehicle.vin, actor) for hit in hits]
    assert url("stock_unit_detail", other.pk) not in hits
