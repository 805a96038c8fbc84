"""The figures of the sales floor: the numbers, their rows, their readers, and the page."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils.html import strip_tags
from django.utils.translation import override

from apps.crm import figures, recounts
from apps.crm.actions import (
    change_opportunity,
    log_interaction,
    lose_opportunity,
    mark_invalid,
    qualify_lead,
    register_visit,
    win_opportunity,
)
from apps.crm.models import FollowUp, Lead
from forecourt.kernel import counted, verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.option_lists.actions import add_value
from forecourt.kernel.periods import Period
from tests.crm.test_pages import crm
from tests.crm.test_test_drives import open_store
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff

SYSTEM = system_actor()
MAY = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)  # 10 in the morning in Shanghai
THIS_MONTH = Period(date(2026, 5, 1), date(2026, 5, 31))
LAST_MONTH = Period(date(2026, 4, 1), date(2026, 4, 30))


@pytest.fixture
def clock():
    with time_machine.travel(MAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(group, clock):
    """Two advisors of two stores; 李娜 has worked four leads of May and one of April."""
    store = open_store(code="AA01", name_zh="浦东店", name_en="Pudong")
    other = open_store(code="BB01", name_zh="杭州店", name_en="Hangzhou")
    quick = make_staff(store=store, name="李娜")
    slow = make_staff(store=other, name="王强")
    clock.move_to(MAY - timedelta(days=31))
    lost = deal(make_lead(owner=quick, source="AUTOHOME"), quick, clock, minutes=10)
    clock.move_to(MAY)
    lose_opportunity(opportunity_id=lost.pk, reason="PRICE", competitor="理想 L7", actor=SYSTEM)
    won = deal(make_lead(owner=quick, brand="比亚迪", series="汉"), quick, clock, minutes=4)
    win_opportunity(opportunity_id=won.pk, actor=SYSTEM)
    clock.move_to(MAY)
    came = make_lead(owner=quick, source="YICHE")
    answer(came, quick, clock, minutes=8)
    register_visit(actor=SYSTEM, store_id=store.pk, reason="LOOK", customer_id=came.customer_id)
    clock.move_to(MAY)
    wrong = make_lead(owner=quick)
    mark_invalid(lead_id=wrong.pk, reason="WRONG_NUMBER", actor=SYSTEM)
    answer(make_lead(owner=slow), slow, clock, minutes=90)
    clock.move_to(MAY)
    make_lead(owner=slow)
    clock.move_to(MAY + timedelta(hours=2))
    return quick, slow


def answer(lead, advisor, clock, *, minutes):
    clock.move_to(lead.received_at + timedelta(minutes=minutes))
    log_interaction(actor=actor_of(advisor), lead_id=lead.pk, kind="CALL", result="REACHED")


def deal(lead, advisor, clock, *, minutes):
    answer(lead, advisor, clock, minutes=minutes)
    return qualify_lead(lead_id=lead.pk, level="A", actor=SYSTEM)


def read(actor, chosen, by, period=THIS_MONTH):
    found = counted.compare(chosen, actor=actor, by=by, period=period, compared=LAST_MONTH)
    return {
        line.name: {code: one.value for code, one in line.answers.items()} for line in found.lines
    }


def manager():
    return actor_of(make_staff("headquarters"))


def test_rates_are_told_apart_by_advisor_and_set_against_the_period_before(people):
    by_advisor = read(manager(), figures.FUNNEL, "advisor")

    assert by_advisor["李娜"]["valid_leads"] == 2
    assert by_advisor["李娜"]["contact_rate"] == 1
    assert by_advisor["李娜"]["visit_rate"] == Decimal("0.5")
    assert by_advisor["李娜"]["test_drive_rate"] == 0
    assert by_advisor["李娜"]["won_rate"] == 1
    assert by_advisor["王强"]["contact_rate"] == Decimal("0.5")
    assert by_advisor["王强"]["won_rate"] is None
    found = counted.compare(
        figures.FUNNEL, actor=manager(), by="store", period=THIS_MONTH, compared=LAST_MONTH
    )
    assert found.total.answers["valid_leads"].value == 4
    assert found.total.before["valid_leads"].value == 1
    assert [line.before["valid_leads"].of for line in found.lines if line.before] == [1]


def test_who_answers_late_stands_with_the_median_and_what_waits(people):
    answers = read(manager(), figures.ANSWERS, "advisor")

    assert answers["李娜"]["response_minutes"] == 6
    assert answers["李娜"]["answered_in_time"] == 1
    assert answers["李娜"]["answered_late"] == 0
    assert answers["王强"]["response_minutes"] == 90
    assert (answers["王强"]["answered_late"], answers["王强"]["waiting_late"]) == (2, 1)
    assert answers["王强"]["answered_in_time"] == 0


def test_a_contact_is_in_time_on_its_day_and_overdue_afterwards(people, clock):
    open_ones = FollowUp.objects.filter(owner=people[0], state="OPEN").count()
    spring = Period(date(2026, 4, 1), date(2026, 6, 30))
    planned = read(manager(), figures.FOLLOW_UPS, "advisor", spring)["李娜"]
    clock.move_to(MAY + timedelta(days=60))

    later = read(manager(), figures.FOLLOW_UPS, "advisor", spring)["李娜"]

    assert planned["follow_ups_overdue"] == 0
    assert later["follow_ups_overdue"] == open_ones
    assert later["follow_ups_due"] == planned["follow_ups_due"]


def test_losses_are_told_apart_by_reason_and_competitor(people):
    with_reason = read(manager(), figures.LOSSES, "lost_reason")
    to_whom = read(manager(), figures.LOSSES, "competitor")

    assert [one["lost"] for one in with_reason.values()] == [1]
    assert to_whom == {"理想 L7": {"lost": 1}}


def test_a_known_competitor_is_one_however_it_is_spelt(group, client_of, people):
    quick, _slow = people
    add_value(actor=SYSTEM, list_code="competitors", name_zh="智界 R7", name_en="Luxeed R7")
    deals = [make_opportunity(owner=quick) for _number in range(4)]
    for row, spelling in zip(
        deals, ("智界R7", "luxeed  r7", "Luxeed R7", "某品牌  新车"), strict=True
    ):
        lose_opportunity(opportunity_id=row.pk, reason="PRICE", competitor=spelling, actor=SYSTEM)
    change_opportunity(opportunity_id=deals[0].pk, competitor="Tesla,智界r7", actor=SYSTEM)
    deals[0].refresh_from_db()

    with override("en"):
        to_whom = read(manager(), figures.LOSSES, "competitor")
    open_deal = make_opportunity(owner=quick).pk
    form = client_of(group, quick.user).get(f"/crm/opportunities/{open_deal}/lose/")

    assert deals[0].competitor == "特斯拉、智界 R7"
    assert to_whom["Luxeed R7"] == {"lost": 2}
    assert to_whom["Tesla"] == {"lost": 1}
    assert to_whom["某品牌 新车"] == {"lost": 1}
    assert "智界 R7" in form.content.decode()


def test_sources_series_months_teams_and_growth_are_read_too(people):
    assert read(manager(), figures.FUNNEL, "series")["比亚迪 汉"]["won_rate"] == 1
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    months = read(manager(), figures.GROWTH, "month", year)
    assert [one["customers_new"] for one in months.values()] == [1, 5]
    assert len(read(manager(), figures.FUNNEL, "source")) == 3
    assert [one["valid_leads"] for one in read(manager(), figures.FUNNEL, "team").values()] == [4]


def test_an_advisor_reads_her_own_figures_alone(people):
    _quick, slow = people

    mine = read(actor_of(slow), figures.FUNNEL, "advisor")

    assert set(mine) == {"王强"}
    assert list(read(actor_of(slow), figures.FUNNEL, "store").values()) == [mine["王强"]]


def test_every_number_opens_the_rows_that_it_counted(people):
    """Each number of each table has just so many rows behind it."""
    boss = manager()
    seen = 0
    for chosen, by in ((one, by) for one in figures.SETS for by in one.apart):
        found = counted.compare(chosen, actor=boss, by=by, period=THIS_MONTH, compared=LAST_MONTH)
        for line, code in ((one, code) for one in found.lines for code in one.answers):
            count = counted.all_figures()[code].of
            rows = counted.rows_of(
                count,
                count.rows.model.objects.visible_to(boss),
                period=THIS_MONTH,
                by=by,
                key=line.key,
            )
            if count.typical is None:
                assert rows.count() == line.answers[code].of, (code, by, line.key)
                seen += 1
    assert seen > 50


def test_a_list_is_narrowed_by_the_link_and_says_to_what(group, client_of, people):
    quick, _slow = people
    browser = client_of(group, make_staff("headquarters").user)
    query = {
        "figure": "visit_rate",
        "figure_from": "2026-05-01",
        "figure_to": "2026-05-31",
        "figure_by": "advisor",
        "figure_key": str(quick.pk),
    }

    page = browser.get(crm("lead_list"), query).content.decode()

    visited = Lead.objects.get(source="YICHE")
    assert crm("lead_detail", visited.pk) in page
    others = Lead.objects.exclude(pk=visited.pk)
    assert not any(crm("lead_detail", other.pk) in page for other in others)
    assert "李娜" in strip_tags(page)
    assert 'name="figure_key" value="' in page
    nonsense = browser.get(crm("lead_list"), {**query, "figure_key": "x", "figure_from": "?"})
    assert nonsense.status_code == 200


def test_the_page_shows_formulas_and_costs_few_statements(
    group, client_of, people, django_assert_max_num_queries
):
    browser = client_of(group, make_staff("headquarters").user)
    browser.get(crm("figures"))

    with django_assert_max_num_queries(12):
        page = browser.get(crm("figures"), {"by": "advisor"}).content.decode()

    with override("zh-hans"):
        for figure in figures.FUNNEL.figures:
            assert str(figure.formula) in page
    table = browser.get(crm("figures"), {"set": "answers", "export": "csv"})
    text = b"".join(table.streaming_content).decode()
    assert "李娜" in text
    assert "90" in text
    for kind in ("last_month", "quarter", "year"):
        assert browser.get(crm("figures"), {"period": kind, "by": "month"}).status_code == 200


def test_without_the_right_there_are_no_figures(group, client_of, people):
    clerk = make_staff("inventory_clerk", store=open_store())

    assert client_of(group, clerk.user).get(crm("figures")).status_code == 403


def problems():
    return [
        problem for name, found in verify.run_checks() if "sales floor" in name for problem in found
    ]


def test_a_recount_agrees_and_tells_what_differs(people, monkeypatch):
    assert problems() == []

    monkeypatch.setitem(recounts.PARTS, "contact_rate", ("visited", "valid"))

    assert {problem.subject for problem in problems()} >= {"contact_rate by month 2026-05-01"}
