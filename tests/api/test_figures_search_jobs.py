from datetime import date
from decimal import Decimal

import pytest

from forecourt.kernel import clock, summaries
from forecourt.kernel.groups import inside
from forecourt.kernel.models import Job
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store
from tests.factories.vehicles import make_unit


@pytest.fixture
def stores(group):
    return make_store(code="SH01"), make_store(code="SH02")


def numbers(answer) -> dict:
    return {row["store_code"]: row["quantity"] for row in answer.json()["data"]}


def test_figures_by_store(group, caller, stores):
    make_unit(stores[0])
    make_unit(stores[0])
    make_unit(stores[1])

    answer = caller(group, make_staff("headquarters")).get("figures?measure=stock_units")

    assert numbers(answer) == {"SH01": 2, "SH02": 1}
    assert {row["start"] for row in answer.json()["data"]} == {None}


def test_figures_in_total_and_of_one_store(group, caller, stores):
    make_unit(stores[0])
    make_unit(stores[1])
    calls = caller(group, make_staff("headquarters"))

    total = calls.get("figures?measure=stock_units&by=total").json()["data"]
    one = calls.get("figures?measure=stock_units&store=SH02")

    assert [(row["store_id"], row["quantity"]) for row in total] == [(None, 2)]
    assert numbers(one) == {"SH02": 1}


def test_figures_by_month(group, caller, stores):
    for day, quantity in ((date(2026, 1, 31), 1), (date(2026, 2, 1), 2), (date(2026, 3, 5), 4)):
        summaries.add("leads_new", stores[0].pk, day, quantity=quantity)
    calls = caller(group, make_staff("headquarters"))

    rows = calls.get("figures?measure=leads_new&by=month&period=2026-01-15..2026-03-04").json()

    assert [(row["start"], row["end"], row["quantity"]) for row in rows["data"]] == [
        ("2026-01-15", "2026-01-31", 1),
        ("2026-02-01", "2026-02-28", 2),
        ("2026-03-01", "2026-03-04", 0),
    ]


@pytest.mark.parametrize("period", ["2026", "2026-02", "2026-02-03", "2026-02-01..2026-02-28"])
def test_periods_in_every_form(group, caller, stores, period):
    summaries.add("leads_new", stores[0].pk, date(2026, 2, 3), quantity=3)
    calls = caller(group, make_staff("headquarters"))

    assert numbers(calls.get(f"figures?measure=leads_new&period={period}"))["SH01"] == 3


@pytest.mark.parametrize(
    "period", ["26", "2026-13", "2026-02-30", "2026-02..2026-01", "x", "9999999"]
)
def test_what_is_no_period_is_422(group, caller, stores, period):
    response = caller(group, make_staff("headquarters")).get(f"figures?period={period}")

    assert response.status_code == 422
    assert response.json()["field"] == "period"


def test_a_store_reads_its_own_figures(group, caller, stores):
    make_unit(stores[0])
    make_unit(stores[1])
    calls = caller(group, make_staff("store_manager", stores[0]))

    assert numbers(calls.get("figures?measure=stock_units")) == {"SH01": 1}
    assert calls.get("figures?measure=stock_units&store=SH02").status_code == 403


def test_an_advisors_own_leads_are_no_figure_of_the_store(group, caller, stores):
    calls = caller(group, make_staff("sales_advisor", stores[0]))

    assert calls.get("figures?measure=leads_new").status_code == 403
    assert "leads_new" not in {row["measure"] for row in calls.get("figures").json()["data"]}


def test_money_that_is_cost_needs_the_right_to_see_cost(group, caller, stores):
    make_unit(stores[0], cost=Decimal("123456.00"))
    advisor = caller(group, make_staff("sales_advisor", stores[0]))
    manager = caller(group, make_staff("store_manager", stores[0]))

    assert "123456" not in advisor.get("figures").content.decode()
    assert "123456.00" in manager.get("figures").content.decode()


def test_unknown_measures_and_stores_are_404(group, caller, stores):
    calls = caller(group, make_staff("headquarters"))

    assert calls.get("figures?measure=nothing").status_code == 404
    assert calls.get("figures?store=XX99").json()["field"] == "store"


def test_another_groups_figures_are_not_counted(group, other_group, caller, stores):
    with inside(other_group):
        make_unit(make_store(code="BB01"))
    calls = caller(group, make_staff("group_owner"))

    assert numbers(calls.get("figures?measure=stock_units")) == {"SH01": 0, "SH02": 0}
    assert calls.get("figures?store=BB01").status_code == 404


def test_without_a_role_there_are_no_figures(group, caller):
    nobody = make_staff("sales_advisor")
    nobody.roles.clear()

    assert caller(group, nobody).get("figures").status_code == 403


def test_search_finds_within_the_callers_scope(group, other_group, caller, stores):
    advisor = make_staff("sales_advisor", stores[0])
    make_lead(owner=advisor, name="欧阳晓东")
    stranger = make_staff("sales_advisor", stores[1])
    with inside(other_group):
        make_lead(owner=make_staff("sales_advisor", make_store()), name="欧阳晓东")

    found = caller(group, advisor).get("search?q=晓东").json()["data"]
    nothing = caller(group, stranger).get("search?q=晓东").json()["data"]

    assert {row["title"] for row in found} == {"欧阳晓东"}
    assert nothing == []


def test_search_needs_something_to_search_for(group, caller):
    response = caller(group, make_staff("headquarters")).get("search")

    assert response.status_code == 422
    assert response.json()["field"] == "q"


def test_one_sees_and_stops_ones_own_jobs(group, caller):
    me, other = make_staff("headquarters"), make_staff("headquarters")
    mine, theirs = (
        Job.objects.create(kind="x", actor_id=who.pk, actor_name=who.name, created_at=clock.now())
        for who in (me, other)
    )
    calls = caller(group, me)

    assert [row["id"] for row in calls.get("jobs").json()["data"]] == [str(mine.pk)]
    assert calls.get(f"jobs/{theirs.pk}").status_code == 404
    assert calls.post(f"jobs/{theirs.pk}/cancel").status_code == 404
    assert calls.post(f"jobs/{mine.pk}/cancel").json()["state"] == "CANCELLED"
    assert calls.post(f"jobs/{mine.pk}/cancel").status_code == 409
    theirs.refresh_from_db()
    assert theirs.state == "WAITING"


def test_counted_figures_are_told_apart_and_reach_as_far_as_the_rows_do(group, caller, stores):
    first, second = (make_staff(store=store) for store in stores)
    for owner in (first, first, second):
        make_lead(owner=owner)
    asked = "counted-figures?figure=valid_leads,contact_rate&by=advisor"

    everybody = caller(group, make_staff("headquarters")).get(asked).json()["data"]
    own = caller(group, first).get(asked).json()["data"]
    total = caller(group, first).get("counted-figures?figure=valid_leads").json()["data"]

    leads = {row["key"]: row["value"] for row in everybody if row["figure"] == "valid_leads"}
    assert leads == {str(first.pk): "2.0000", str(second.pk): "1.0000"}
    assert {row["key"] for row in own} == {str(first.pk)}
    rate = next(row for row in own if row["figure"] == "contact_rate")
    assert (rate["counted"], rate["of"], rate["value"]) == ("0.00", "2", "0.0000")
    assert [(row["value"], row["key"]) for row in total] == [("2.0000", None)]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("figure=nothing", 404, "figure"),
        ("figure=customers_new&by=series", 422, "by"),
        ("period=soon", 422, "period"),
        ("by=moon", 422, "by"),
    ],
)
def test_what_is_no_counted_figure_is_refused(group, caller, stores, query, status, field):
    answer = caller(group, make_staff("headquarters")).get(f"counted-figures?{query}")

    assert (answer.status_code, answer.json()["field"]) == (status, field)
