"""What a customer bought: on her page, on her timeline, and after she was merged."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.crm.actions import find_duplicates, merge_customers, register_visit, undo_merge
from apps.crm.actions.buyers import Buyer
from apps.crm.hooks import Happening
from apps.crm.models import DuplicatePair
from apps.crm.queries import customers_with_plate, fleets_of_customer, timeline
from apps.documents.subjects import Place
from apps.marketing.queries.filtering import narrowed
from apps.marketing.rules.conditions import Block, Condition, Filter, Op
from apps.sales.actions import PastSale, record_past_sales
from apps.vehicles.actions.catalogue import CarKind
from apps.vehicles.models import StockUnit, Vehicle
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today
from forecourt.kernel.text import ngrams
from tests.factories.crm import make_customer
from tests.factories.documents import kind_of, make_document
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_series, make_unit, next_vin

SYSTEM = system_actor()
PLATE = "沪A12345"


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store)


@pytest.fixture
def buyer(store, advisor):
    """Somebody who bought a car two years ago."""
    customer = make_customer(owner=advisor, name="周杰")
    sale = PastSale(
        reference="A-1",
        buyer=Buyer("周杰", store.pk, date(2024, 5, 3), phone=customer.primary_phone),
        kind=CarKind(make_series(name_zh="汉"), None),
        price=Decimal(219800),
        currency="CNY",
        vin=next_vin(),
    )
    record_past_sales(sales=[sale], source="file", actor=SYSTEM)
    car = Vehicle.objects.get()
    Vehicle.objects.update(plate_number=PLATE, grams=[*car.grams, *ngrams(PLATE)])
    return customer


def sell_more(customer, store, count):
    """So many more cars, all on one day."""
    kind = CarKind(make_series(name_zh="唐"), None)
    bought = Buyer(customer.name, store.pk, date(2025, 6, 1), phone=customer.primary_phone)
    sales = [
        PastSale(f"{customer.pk}-{number}", bought, kind, Decimal(180000), "CNY", vin=next_vin())
        for number in range(count)
    ]
    record_past_sales(sales=sales, source="file", actor=SYSTEM)


def signs(customer):
    return [car.sign for fleet in fleets_of_customer(customer) for car in fleet.latest]


def texts(customer, actor=SYSTEM):
    items, _older = timeline(customer_id=customer.pk, actor=actor)
    return [getattr(item.row, "title", "") for item in items]


def test_the_page_shows_her_cars_and_the_timeline_her_order(group, client_of, advisor, buyer):
    page = client_of(group, advisor.user).get(reverse("crm:customer_detail", args=[buyer.pk]))

    assert PLATE in page.content.decode()
    assert any("汉" in text for text in texts(buyer))


def test_a_car_that_came_back_is_hers_no_more(store, buyer):
    vehicle = Vehicle.objects.get()
    assert signs(buyer) == [PLATE]

    make_unit(store, vin=vehicle.vin, series=vehicle.series)

    assert signs(buyer) == []


def test_pages_of_the_timeline_leave_no_order_out(buyer):
    seen, before = [], None
    while True:
        items, before = timeline(customer_id=buyer.pk, actor=SYSTEM, before=before, size=1)
        seen += [getattr(item.row, "title", "") for item in items]
        if before is None:
            break

    assert sum("汉" in text for text in seen) == 1


def test_of_many_cars_the_latest_are_shown_and_her_orders_are_all(
    group, client_of, store, advisor, buyer
):
    stranger = make_customer(owner=advisor, name="吴芳")
    sell_more(stranger, store, 1)
    sell_more(buyer, store, 23)
    browser = client_of(group, make_staff("headquarters").user)

    page = browser.get(reverse("crm:customer_detail", args=[buyer.pk])).text
    address = f"{reverse('sales:sales_order_list')}?customer={buyer.pk}"
    orders = browser.get(address).text

    assert len(signs(buyer)) == 20
    assert f'<a href="{address}">另有 4 辆</a>' in page
    ids = set(re.findall(r'href="/sales/orders/(\d+)/', orders))
    assert len(ids) == 24
    assert stranger.name not in orders
    for nonsense in ("x", "9" * 30, "-1", "²"):
        assert browser.get(f"/sales/orders/?customer={nonsense}").status_code == 200


def test_orders_of_one_day_fill_several_pages_of_the_timeline(store, buyer):
    sell_more(buyer, store, 12)

    seen, before, longest = [], None, 0
    while True:
        items, before = timeline(customer_id=buyer.pk, actor=SYSTEM, before=before, size=5)
        seen += [item.row.url for item in items if isinstance(item.row, Happening)]
        longest = max(longest, len(items))
        if before is None:
            break

    assert len(seen) == len(set(seen)) == 13
    assert longest == 5


def test_documents_stand_on_the_timeline_for_those_who_may_see_them(store, advisor, buyer):
    kind = kind_of("other", role_codes=["store_manager"])
    document = make_document(Place("crm.customer", buyer.pk), kind=kind, title="购车合同")

    assert document.title in texts(buyer, actor_of(make_staff("store_manager", store=store)))
    assert document.title not in texts(buyer, actor_of(advisor))


def test_customers_who_share_a_car_are_found_where_their_names_allow_it(store, advisor, buyer):
    vehicle = Vehicle.objects.get()
    came = (("周洁", PLATE, "13655512001"), ("刘洋", PLATE, "15977340028"))
    for name, plate, phone in came:
        register_visit(
            actor=SYSTEM,
            store_id=store.pk,
            reason="LOOK",
            phone=phone,
            name=name,
            plate_number=plate,
        )
    # Somebody else bought it later: a car goes from hand to hand.
    later = make_customer(owner=advisor, name="孙浩", phone="18100776543")
    unit = make_unit(store, vin=vehicle.vin, series=vehicle.series)
    StockUnit.objects.filter(pk=unit.pk).update(buyer_customer_id=later.pk, sold_date=today())

    find_duplicates()

    pair = DuplicatePair.objects.get()
    assert {pair.first.name, pair.second.name} == {"周杰", "周洁"}
    assert "SAME_CAR" in pair.evidence

    type(later).objects.filter(pk=later.pk).update(name="周杰", name_sort=buyer.name_sort)
    find_duplicates()
    assert DuplicatePair.objects.filter(second=later, evidence__contains=["SAME_CAR"]).exists()


def test_her_cars_go_along_when_she_is_merged_and_come_back(advisor, buyer):
    kept = make_customer(owner=advisor, name="周杰伦")
    owns = Filter(blocks=(Block(conditions=(Condition("marketing.car_bought", Op.SET, ()),)),))

    def owners():
        everybody = type(kept).objects.all()
        return set(narrowed(everybody, owns, day=today()).values_list("pk", flat=True))

    merge = merge_customers(kept_id=kept.pk, merged_id=buyer.pk, actor=SYSTEM)

    assert signs(kept) == [PLATE]
    assert customers_with_plate(PLATE) == [kept]
    assert owners() == {kept.pk}

    undo_merge(merge_id=merge.pk, actor=SYSTEM)

    assert signs(kept) == []
    assert customers_with_plate(PLATE) == [buyer]
    assert owners() == {buyer.pk}
