"""From a qualified lead to the order, or to a loss; contacts on the way."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from apps.crm import hooks
from apps.crm.actions import (
    change_opportunity,
    complete_follow_up,
    log_interaction,
    lose_opportunity,
    mark_invalid,
    move_opportunity,
    qualify_lead,
    schedule_follow_up,
    win_opportunity,
)
from apps.crm.actions.reminders import remind_of_late_answers
from apps.crm.errors import TransitionNotAllowed
from apps.crm.events import OpportunityWon
from apps.crm.models import Customer, FollowUp, Interaction, Lead, Opportunity
from apps.crm.queries import wanted_by
from apps.notifications.queries import list_notifications
from apps.vehicles.actions import reserve_unit
from forecourt.kernel import events, verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.summaries import by_store
from tests.factories.crm import make_customer, make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide
from tests.factories.vehicles import make_brand, make_model, make_series, make_unit

SYSTEM = system_actor()


@pytest.fixture
def advisor(group):
    return make_staff(store=make_store())


@pytest.fixture(autouse=True)
def everything_stays_true(group):
    """Whatever a test does by actions, the module's own checks find nothing wrong."""
    yield
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def kept(measure, opportunity, day):
    figures = by_store([measure], start=day, end=day)[measure]
    return figures[opportunity.store_id].quantity if opportunity.store_id in figures else 0


def test_a_qualified_lead_becomes_one_opportunity_with_its_plan(advisor):
    lead = make_lead(owner=advisor, brand="比亚迪", series="汉")
    log_interaction(actor=actor_of(advisor), lead_id=lead.pk, kind="CALL", result="REACHED")
    planned = FollowUp.objects.get(lead=lead, state="OPEN")

    opportunity = qualify_lead(lead_id=lead.pk, level="A", actor=actor_of(advisor))

    lead.refresh_from_db()
    planned.refresh_from_db()
    assert (lead.state, lead.closed_at is not None) == ("QUALIFIED", True)
    assert (opportunity.brand, opportunity.series, opportunity.stage) == (
        "比亚迪",
        "汉",
        "CONTACTED",
    )
    assert (planned.lead_id, planned.opportunity_id) == (None, opportunity.pk)
    assert Customer.objects.get().lifecycle == "INTERESTED"
    assert kept("opportunities_opened", opportunity, opportunity.opened_date) == 1


def test_a_lead_is_qualified_once(advisor):
    lead = make_lead(owner=advisor)
    qualify_lead(lead_id=lead.pk, level="A", actor=SYSTEM)

    with pytest.raises(TransitionNotAllowed):
        qualify_lead(lead_id=lead.pk, level="A", actor=SYSTEM)

    assert Opportunity.objects.count() == 1


def test_a_waiting_lead_cannot_be_qualified(group):
    lead = make_lead(store_id=make_store().pk)

    with pytest.raises(TransitionNotAllowed):
        qualify_lead(lead_id=lead.pk, level="A", actor=SYSTEM)

    assert not Opportunity.objects.exists()


def test_an_invalid_lead_is_closed_with_its_reason(advisor):
    lead = make_lead(owner=advisor)
    log_interaction(actor=SYSTEM, lead_id=lead.pk, kind="CALL", result="WRONG_NUMBER")

    mark_invalid(lead_id=lead.pk, reason="WRONG_NUMBER", note="空号", actor=actor_of(advisor))

    lead.refresh_from_db()
    assert (lead.state, lead.invalid_reason) == ("INVALID", "WRONG_NUMBER")
    assert not FollowUp.objects.filter(state="OPEN").exists()


def test_the_first_contact_stops_the_clock_and_plans_the_next(advisor):
    lead = make_lead(owner=advisor)

    logged = log_interaction(
        actor=actor_of(advisor), lead_id=lead.pk, kind="CALL", result="REACHED", note="约周末"
    )

    lead.refresh_from_db()
    assert (lead.state, lead.first_response_at is not None) == ("CONTACTED", True)
    assert logged.next_follow_up.owner_id == advisor.pk
    assert logged.next_follow_up.due_at > now()
    assert Interaction.objects.get().note == "约周末"


def test_no_answer_is_a_response_but_no_contact(advisor):
    lead = make_lead(owner=advisor)

    log_interaction(actor=SYSTEM, lead_id=lead.pk, kind="CALL", result="NO_ANSWER")

    lead.refresh_from_db()
    assert (lead.state, lead.first_response_at is not None) == ("ASSIGNED", True)


def test_each_contact_settles_the_planned_one_and_leaves_one_open(advisor):
    opportunity = make_opportunity(owner=advisor)

    for _number in range(3):
        log_interaction(
            actor=SYSTEM, opportunity_id=opportunity.pk, kind="WECHAT", result="REACHED"
        )

    assert FollowUp.objects.filter(opportunity=opportunity, state="OPEN").count() == 1
    assert FollowUp.objects.filter(opportunity=opportunity, state="DONE").count() == 3


def test_a_visit_carries_the_opportunity_forward(advisor):
    opportunity = make_opportunity(owner=advisor)

    log_interaction(
        actor=SYSTEM, opportunity_id=opportunity.pk, kind="VISIT", result="REACHED", level="H"
    )

    opportunity.refresh_from_db()
    assert (opportunity.stage, opportunity.level) == ("VISITED", "H")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "ENQUIRY"},
        {"kind": "PIGEON"},
        {"result": "CAME_IN"},
        {"next_at": now() - timedelta(days=1)},
        {"happened_at": now() + timedelta(days=1)},
        {"level": "Z"},
    ],
)
def test_a_contact_that_makes_no_sense_is_refused(advisor, wrong):
    lead = make_lead(owner=advisor)

    with pytest.raises(Invalid):
        log_interaction(
            **{"actor": SYSTEM, "lead_id": lead.pk, "kind": "CALL", "result": "REACHED"} | wrong
        )

    assert not Interaction.objects.exists()


def test_a_customer_is_called_without_a_lead(advisor):
    customer = make_customer(owner=advisor)

    logged = log_interaction(
        actor=actor_of(advisor), customer_id=customer.pk, kind="CALL", result="REACHED"
    )

    assert logged.next_follow_up is None


def test_a_colleagues_lead_cannot_be_worked_on(advisor):
    stranger = make_staff(store=advisor.home_store)
    lead = make_lead(owner=advisor)

    with pytest.raises(NotFound):
        log_interaction(actor=actor_of(stranger), lead_id=lead.pk, kind="CALL", result="REACHED")

    assert not Interaction.objects.exists()


def test_who_only_sees_a_lead_may_not_work_on_it(advisor):
    region_manager = make_staff("region_manager", store=advisor.home_store)
    lead = make_lead(owner=advisor)

    with pytest.raises(NotPermitted):
        mark_invalid(lead_id=lead.pk, reason="TEST", actor=actor_of(region_manager))

    assert Lead.objects.get().state == "ASSIGNED"


def test_a_plan_is_moved_and_never_doubled(advisor):
    opportunity = make_opportunity(owner=advisor)
    when = now() + timedelta(days=5)

    schedule_follow_up(actor=SYSTEM, opportunity_id=opportunity.pk, due_at=when, purpose="发报价")

    planned = FollowUp.objects.get(opportunity=opportunity, state="OPEN")
    assert (planned.due_at, planned.purpose) == (when, "发报价")


def test_a_skipped_contact_is_kept_and_followed_by_the_next(advisor):
    opportunity = make_opportunity(owner=advisor)
    planned = FollowUp.objects.get(opportunity=opportunity)

    complete_follow_up(follow_up_id=planned.pk, skip_reason="客户出国", actor=actor_of(advisor))

    planned.refresh_from_db()
    assert (planned.state, planned.skip_reason) == ("SKIPPED", "客户出国")
    assert FollowUp.objects.filter(opportunity=opportunity, state="OPEN").count() == 1
    with pytest.raises(TransitionNotAllowed):
        complete_follow_up(follow_up_id=planned.pk, actor=actor_of(advisor))


def test_an_order_is_counted_and_told_once(advisor):
    opportunity = make_opportunity(owner=advisor)
    heard = []
    events.subscribe(OpportunityWon)(heard.append)

    won = win_opportunity(opportunity_id=opportunity.pk, actor=actor_of(advisor))
    move_opportunity(opportunity_id=opportunity.pk, stage="DELIVERED", actor=actor_of(advisor))

    assert [event.opportunity_id for event in heard] == [opportunity.pk]
    assert kept("leads_won", won, won.won_date) == 1
    assert Customer.objects.get().lifecycle == "CUSTOMER"


def test_an_order_that_falls_through_is_taken_back(advisor):
    opportunity = make_opportunity(owner=advisor)
    won = win_opportunity(opportunity_id=opportunity.pk, actor=SYSTEM)
    day = won.won_date

    move_opportunity(opportunity_id=opportunity.pk, stage="QUOTED", actor=SYSTEM)

    opportunity.refresh_from_db()
    assert opportunity.won_date is None
    assert kept("leads_won", won, day) == 0
    assert FollowUp.objects.filter(opportunity=opportunity, state="OPEN").count() == 1


def test_a_delivery_stands(advisor):
    opportunity = make_opportunity(owner=advisor)
    for stage in ("ORDERED", "DELIVERED"):
        move_opportunity(opportunity_id=opportunity.pk, stage=stage, actor=SYSTEM)

    with pytest.raises(TransitionNotAllowed):
        move_opportunity(opportunity_id=opportunity.pk, stage="QUOTED", actor=SYSTEM)

    opportunity.refresh_from_db()
    assert opportunity.stage == "DELIVERED"


def test_a_lost_deal_has_a_reason_and_no_plan_and_may_wake(advisor):
    opportunity = make_opportunity(owner=advisor)

    lose_opportunity(
        opportunity_id=opportunity.pk, reason="PRICE", competitor="特斯拉", actor=SYSTEM
    )

    opportunity.refresh_from_db()
    assert (opportunity.stage, opportunity.lost_reason) == ("LOST", "PRICE")
    assert not FollowUp.objects.filter(state="OPEN").exists()
    assert Customer.objects.get().lifecycle == "LAPSED"

    move_opportunity(opportunity_id=opportunity.pk, stage="CONTACTED", actor=SYSTEM)

    opportunity.refresh_from_db()
    assert (opportunity.stage, opportunity.lost_reason) == ("CONTACTED", "")
    assert FollowUp.objects.filter(state="OPEN").count() == 1


def test_a_deal_is_not_lost_without_a_reason(advisor):
    opportunity = make_opportunity(owner=advisor)

    with pytest.raises(Invalid):
        move_opportunity(opportunity_id=opportunity.pk, stage="LOST", actor=SYSTEM)
    with pytest.raises(Invalid):
        lose_opportunity(opportunity_id=opportunity.pk, reason="", actor=SYSTEM)

    opportunity.refresh_from_db()
    assert opportunity.is_open


def test_changed_wishes_are_history(advisor):
    opportunity = make_opportunity(owner=advisor, brand="比亚迪")

    change_opportunity(opportunity_id=opportunity.pk, actor=SYSTEM, series="唐", level="H")

    entry = AuditEntry.objects.get(action="changed")
    assert entry.changes == {"series": ["", "唐"], "level": ["B", "H"]}


def test_a_late_answer_is_called_to_mind_once(advisor):
    lead = make_lead(owner=advisor)
    Lead.objects.filter(pk=lead.pk).update(response_due_at=now() - timedelta(minutes=1))

    assert remind_of_late_answers() == 1
    assert remind_of_late_answers() == 0

    told = list_notifications(actor_of(advisor)).filter(event="crm.answer_overdue")
    assert told.count() == 1


def test_the_day_of_purchase_sets_the_level_by_the_table_of_the_store(advisor):
    lead = make_lead(owner=advisor, brand="比亚迪")
    decide("crm.level_days", {"H": 3, "A": 15, "B": 30, "C": 90}, store_id=advisor.home_store_id)

    opportunity = qualify_lead(
        lead_id=lead.pk, buys_by=today() + timedelta(days=5), colour="白色", actor=SYSTEM
    )

    assert (opportunity.level, opportunity.colour) == ("A", "白色")
    for days, level in ((3, "H"), (30, "B"), (500, "C")):
        change_opportunity(
            opportunity_id=opportunity.pk, buys_by=today() + timedelta(days=days), actor=SYSTEM
        )
        opportunity.refresh_from_db()
        assert opportunity.level == level
    change_opportunity(
        opportunity_id=opportunity.pk, buys_by=today(), level="B", other_models="宋", actor=SYSTEM
    )
    opportunity.refresh_from_db()
    assert opportunity.level == "B"
    changes = AuditEntry.objects.filter(action="changed", subject_id=str(opportunity.pk))
    assert changes.order_by("-pk").first().changes["other_models"] == ["", "宋"]
    with pytest.raises(Invalid):
        qualify_lead(lead_id=make_lead(owner=advisor).pk, actor=SYSTEM)


def test_a_closer_level_brings_the_planned_contact_forward(advisor):
    opportunity = make_opportunity(owner=advisor, level="C")
    far = FollowUp.objects.get(opportunity=opportunity, state="OPEN").due_at

    change_opportunity(opportunity_id=opportunity.pk, level="H", actor=SYSTEM)

    near = FollowUp.objects.get(opportunity=opportunity, state="OPEN").due_at
    assert near < far
    change_opportunity(opportunity_id=opportunity.pk, level="C", actor=SYSTEM)
    assert FollowUp.objects.get(opportunity=opportunity, state="OPEN").due_at == near


def test_what_is_wanted_of_the_catalogue_is_history_and_changes_what_is_offered(
    advisor, group, client_of
):
    here, elsewhere = advisor.home_store, make_store()
    brand = make_brand(name_zh="比亚迪", name_en="BYD")
    han, song = (
        make_series(brand=brand, name_zh=name, name_en=english)
        for name, english in (("汉", "Han"), ("宋", "Song"))
    )
    trim = make_model(series=han, name_zh="尊贵型", name_en="Premium", model_year=2026)
    make_unit(elsewhere, series=han, vehicle={"model_id": trim.pk, "exterior_colour": "雪域白"})
    make_unit(here, series=han, vehicle={"exterior_colour": "曜石黑"}, list_price=300_000)
    make_unit(here, series=song)
    taken = make_unit(here, series=han, vehicle={"exterior_colour": "落日橙"})
    reserve_unit(stock_unit_id=taken.pk, customer_name="王芳", actor=SYSTEM)
    deal = qualify_lead(
        lead_id=make_lead(owner=advisor, series="宋").pk,
        level="A",
        interests=[{"series_id": han.pk, "model_id": trim.pk, "colour": "白"}],
        budget_amount=250_000,
        actor=SYSTEM,
    )
    browser = client_of(group, advisor.user)
    offers = f"/crm/opportunities/{deal.pk}/offers/"

    assert (deal.brand, deal.series) == ("比亚迪", "汉")
    page = browser.get(offers).content.decode()
    # The store's own first, then the very model in its colour elsewhere in the group.
    assert page.index("曜石黑") < page.index("雪域白")
    assert "宋" not in page
    assert "落日橙" not in page
    shown = hooks.offers_for(
        wanted_by(deal),
        store_id=deal.store_id,
        budget=deal.budget_amount,
        actor=actor_of(advisor),
        limit=8,
    )
    assert [(one.is_own_store, one.is_colour, one.is_over_budget) for one in shown] == [
        (True, False, True),
        (False, True, False),
    ]

    with override("zh-hans"):
        change_opportunity(
            opportunity_id=deal.pk, interests=[{"series_id": song.pk}], actor=actor_of(advisor)
        )
    deal.refresh_from_db()
    assert (deal.series, len(deal.interests)) == ("宋", 1)
    told = AuditEntry.objects.filter(action="changed", subject_id=str(deal.pk)).latest("pk")
    assert told.changes["interests"] == ["比亚迪 汉 2026 尊贵型 · 白", "比亚迪 宋"]
    page = browser.get(offers).content.decode()
    assert "宋" in page and "曜石黑" not in page

    before = Opportunity.objects.values().get(pk=deal.pk)
    more = [make_series(brand=brand) for _one in range(3)]
    for wrong in (
        [{"series_id": 0}],
        [{"series_id": song.pk, "model_id": trim.pk}],
        [{"series_id": one.pk} for one in (song, *more)],
        [{"series_id": song.pk}, {"series_id": song.pk, "colour": "白"}],
    ):
        with pytest.raises(Invalid) as refusal:
            change_opportunity(opportunity_id=deal.pk, interests=wrong, actor=SYSTEM)
        assert refusal.value.field == "interests"
    assert Opportunity.objects.values().get(pk=deal.pk) == before


def test_who_may_not_see_the_groups_stock_is_offered_none_of_it(advisor):
    series = make_series()
    make_unit(make_store(), series=series)
    make_unit(advisor.home_store, series=series)
    wanted = [hooks.Wanted(key=(series.pk, None))]

    def offered(person):
        return hooks.offers_for(
            wanted, store_id=advisor.home_store_id, budget=None, actor=actor_of(person), limit=8
        )

    assert len(offered(advisor)) == 2
    assert offered(make_staff("receptionist", advisor.home_store)) == []


def test_the_form_finds_cars_keeps_free_words_and_refuses_what_is_none(advisor, group, client_of):
    series = make_series(name_zh="海豹", name_en="Seal")
    lead = make_lead(owner=advisor)
    browser = client_of(group, advisor.user)
    assert "海豹" in browser.get("/crm/cars/?q=海豹").content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert browser.get("/crm/cars/", {"q": "a b c d e f g " * 500}).status_code == 200
    looked = [query["sql"] for query in asked if "vehicles_series" in query["sql"]]
    assert max(sql.count('vehicles_brand"."name_zh') for sql in looked) <= 2 * 6 + 6
    form = {"level": "B", "payment_way": "UNKNOWN", "other_models": "特斯拉", "competitor": "蔚来"}
    address = f"/crm/leads/{lead.pk}/qualify/"

    for wrong, message in (
        ({"car_1": "999999"}, "请从列表中选择。"),
        ({"colour_2": "蓝"}, "请选择该颜色对应的车型。"),
        ({"car_1": str(series.pk), "car_3": str(series.pk)}, "上面已选择该车型。"),
    ):
        answer = browser.post(address, {**form, **wrong})
        assert answer.status_code == 422
        assert message in answer.text
    assert not Opportunity.objects.exists()
    browser.post(address, {**form, "car_2": str(series.pk), "colour_2": "蓝"})

    deal = Opportunity.objects.get()
    with override("zh-hans"):
        assert [str(one) for one in deal.interested_in] == [f"{series.brand.name_zh} 海豹 · 蓝"]
    assert (deal.other_models, deal.series) == ("特斯拉", "海豹")
    page = browser.get(f"/crm/opportunities/{deal.pk}/").content.decode()
    assert "海豹" in page
    assert f"/crm/opportunities/{deal.pk}/offers/" in page
