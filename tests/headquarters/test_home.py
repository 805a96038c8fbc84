from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from apps.headquarters import queries
from apps.organisation.models import RolePermission, Store
from forecourt.kernel import summaries
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import actor_of, make_region, make_staff, make_store

NOW = datetime.fromisoformat("2026-03-17T04:00:00+00:00")
TODAY = date(2026, 3, 17)


@pytest.fixture(autouse=True)
def _frozen() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stores(group: GroupIdentity) -> tuple[Store, Store]:
    east = make_region(name_zh="华东")
    first, second = make_store(code="AA01", region=east), make_store(code="BB01")
    for store, sign in ((first, 1), (second, 10)):
        summaries.add("leads_new", store.pk, TODAY, quantity=2 * sign)
        summaries.add("leads_new", store.pk, TODAY - timedelta(days=1), quantity=3 * sign)
        summaries.add("leads_new", store.pk, date(2026, 2, 10), quantity=4 * sign)
        summaries.add("leads_new", store.pk, date(2026, 2, 25), quantity=100 * sign)
        summaries.add("stock_units", store.pk, date(2025, 6, 1), quantity=7 * sign)
        summaries.add(
            "stock_value", store.pk, date(2025, 6, 1), quantity=7 * sign, amount=Decimal(500 * sign)
        )
        summaries.add("stock_by_arrival", store.pk, date(2025, 6, 1), quantity=sign)
        summaries.add("stock_by_arrival", store.pk, date(2026, 3, 1), quantity=6 * sign)
    return first, second


def values(home: queries.Home) -> dict[str, dict[str, object]]:
    return {row.store.code: row.values for row in home.rows}


def test_headquarters_sees_every_store_and_the_total(stores: tuple[Store, Store]) -> None:
    home = queries.home(actor_of(make_staff("headquarters")), TODAY)

    assert values(home)["AA01"]["leads"] == 5
    assert values(home)["BB01"]["leads"] == 50
    assert home.total.values["leads"] == 55
    assert home.total.values["stock"] == 77
    assert home.total.values["stock_value"] == Decimal("5500.00")
    assert home.total.values["aged"] == 11


def test_this_month_is_compared_with_the_same_days_of_last_month(
    stores: tuple[Store, Store],
) -> None:
    home = queries.home(actor_of(make_staff("headquarters")), TODAY)

    leads = next(tile for tile in home.tiles if tile.column.key == "leads")
    assert (leads.value, leads.today) == (55, 22)
    assert leads.trend == Decimal("0.25")


def test_a_store_manager_sees_her_store_alone(stores: tuple[Store, Store]) -> None:
    home = queries.home(actor_of(make_staff("store_manager", store=stores[0])), TODAY)

    assert list(values(home)) == ["AA01"]
    assert home.total.values["leads"] == 5


def test_what_a_person_may_not_see_is_no_column(stores: tuple[Store, Store]) -> None:
    manager = make_staff("sales_manager", store=stores[0])
    RolePermission.objects.filter(permission="vehicles.see_cost").delete()

    home = queries.home(actor_of(manager), TODAY)

    assert "stock_value" not in home.total.values
    assert home.total.values["stock"] == 7


def test_the_store_switcher_narrows_every_figure(stores: tuple[Store, Store]) -> None:
    home = queries.home(actor_of(make_staff("headquarters"), focus="BB01"), TODAY)

    assert list(values(home)) == ["BB01"]
    assert home.total.values["leads"] == 50


def test_a_figure_that_changes_is_news(stores: tuple[Store, Store]) -> None:
    actor = actor_of(make_staff("headquarters"))
    before = queries.home(actor, TODAY).fingerprint
    assert queries.home(actor, TODAY).fingerprint == before

    summaries.add("leads_new", stores[0].pk, TODAY, quantity=1)

    assert queries.home(actor, TODAY).fingerprint != before


def test_the_home_page_costs_two_queries_whatever_the_history(
    stores: tuple[Store, Store], django_assert_num_queries: object
) -> None:
    actor = actor_of(make_staff("headquarters"))
    queries.home(actor, TODAY)  # reads the settings, which are then kept

    with django_assert_num_queries(2):
        queries.home(actor, TODAY)


def test_a_group_without_a_store_has_zeros_and_is_told_what_comes_next(
    group: GroupIdentity, client_of
) -> None:
    owner = make_staff("group_owner")

    home = queries.home(actor_of(owner), TODAY)
    page = client_of(group, owner.user).get("/")

    assert (home.rows, home.total.values["leads"]) == ([], 0)
    assert page.status_code == 200
    assert "/organisation/stores/new/" in page.content.decode()
