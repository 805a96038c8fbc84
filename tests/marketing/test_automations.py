"""Automations: whom they reach, once an occasion; the budget, the quiet hours and the pace."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.db.models import F

from apps.crm import facts
from apps.crm.actions import register_visit, save_tag
from apps.crm.models import Customer, CustomerTag, FollowUp
from apps.crm.queries import AUDIENCE
from apps.marketing import queries
from apps.marketing.actions import (
    carry_out,
    plan_dates,
    plan_events,
    save_automation,
    switch_automation,
)
from apps.marketing.models import Automation, Reach
from apps.marketing.queries import conditions_from, customers_matching
from apps.marketing.rules.pacing import next_window
from apps.notifications.models import Delivery
from apps.notifications.queries import list_held
from apps.vehicles.actions import deliver_unit, sell_unit
from forecourt.kernel import outbox
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.verify import run_checks
from tests.factories.care import make_complaint
from tests.factories.crm import make_customer
from tests.factories.marketing import make_segment
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide
from tests.factories.vehicles import make_unit
from tests.races import in_threads

BOSS = system_actor()
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 5, 12, tzinfo=SHANGHAI)
GREETING = {"channel": "email", "title": "Hello {name}", "text": "Dear {name}, {store}. {opt_out}"}


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def make_born(advisor, *, on: date = date(1990, 3, 5), **also) -> Customer:
    customer = make_customer(owner=advisor)
    fields = {
        "birth_date": on,
        "email": f"c{customer.pk}@mail.example",
        "consents": {"email": True},
    }
    Customer.objects.filter(pk=customer.pk).update(**{**fields, **also})
    customer.refresh_from_db()
    return customer


def make_automation(*, is_on: bool = True, **fields) -> Automation:
    defaults = {
        "name": "Birthday",
        "trigger": "DATE",
        "fact": "crm.birthday",
        "deed": "MESSAGE",
        "options": GREETING,
    }
    automation = save_automation(actor=BOSS, **{**defaults, **fields})
    if is_on:
        switch_automation(automation_id=automation.pk, is_on=True, actor=BOSS)
    return automation


def states() -> dict[int, tuple[str, str]]:
    rows = Reach.objects.values_list("customer_id", "state", "reason")
    return {pk: (state, reason) for pk, state, reason in rows}


def later(traveller, **by) -> None:
    traveller.shift(timedelta(**by))


def test_a_birthday_is_greeted_once_whatever_is_tried_again(advisor, at_noon):
    born, other = make_born(advisor), make_born(advisor, on=date(1990, 7, 1))
    automation = make_automation()

    assert plan_dates() == 1
    Automation.objects.update(planned_through=None)
    assert plan_dates() == 0
    later(at_noon, hours=7, minutes=59, seconds=59)
    assert carry_out() == 1
    assert carry_out() == 0

    assert other.pk not in states()
    assert states()[born.pk] == ("QUEUED", "")
    row = Delivery.objects.get()
    assert (row.recipient_id, row.key) == (born.pk, str(Reach.objects.get().pk))
    # A birthday that is corrected is no second one in the year.
    Customer.objects.filter(pk=born.pk).update(birth_date=date(1990, 3, 6))
    later(at_noon, days=1)
    assert plan_dates() == 0
    assert automation.version == 1


def test_the_message_is_worded_for_its_customer_and_tells_what_became_of_it(advisor, at_noon):
    born = make_born(advisor, name="王芳")
    make_automation()
    plan_dates()
    later(at_noon, hours=7, minutes=59, seconds=59)
    carry_out()

    outbox.deliver_due(schema_name=current_schema())

    assert [message.subject for message in mail.outbox] == ["Hello 王芳"]
    assert "Dear 王芳" in mail.outbox[0].body
    assert states()[born.pk] == ("DONE", "")


def test_who_is_held_back_is_listed_with_the_reason_and_the_dry_run_says_so_before(
    advisor, at_noon
):
    fine = make_born(advisor)
    silent = make_born(advisor, consents={})
    nowhere = make_born(advisor, email="")
    full = make_born(advisor)
    for number in range(3):
        Delivery.objects.create(
            event="service.due",
            key=str(number),
            channel="sms",
            recipient_kind="crm.customer",
            recipient_id=full.pk,
            state="SENT",
            claimed_at=now() - timedelta(days=number),
            created_at=now(),
            ended_at=now(),
        )
    automation = make_automation()

    tried = queries.dry_run(automation, BOSS)
    assert (tried.count, tried.reached) == (4, 1)
    assert {row.pk: bool(reason) for row, reason in tried.sample} == {
        fine.pk: False,
        silent.pk: True,
        nowhere.pk: True,
        full.pk: True,
    }
    assert not Reach.objects.exists()

    plan_dates()
    later(at_noon, hours=7, minutes=59, seconds=59)
    carry_out()
    assert states() == {
        fine.pk: ("QUEUED", ""),
        silent.pk: ("HELD", "NO_CONSENT"),
        nowhere.pk: ("HELD", "NO_ADDRESS"),
        full.pk: ("HELD", "CAP"),
    }
    held = list_held(BOSS, AUDIENCE, "marketing.view_held")
    assert dict(held.values_list("recipient_id", "reason")) == {
        silent.pk: "NO_CONSENT",
        nowhere.pk: "NO_ADDRESS",
        full.pk: "CAP",
    }
    assert [found for _name, found in run_checks() if found] == []


def test_an_event_is_followed_by_a_task_or_a_tag_once_for_each_event(advisor, store):
    tag = save_tag(name="Came", actor=BOSS)
    customer, ownerless = make_customer(owner=advisor), make_customer(owner=advisor)
    Customer.objects.filter(pk=ownerless.pk).update(owner=None)
    task = make_automation(
        name="Call",
        trigger="EVENT",
        event="visit.registered",
        deed="TASK",
        options={"purpose": "Thank", "due_days": 2},
    )
    make_automation(
        name="Tag",
        trigger="EVENT",
        event="visit.registered",
        deed="TAG",
        options={"tag_id": tag.pk},
    )
    for each in (customer, ownerless):
        register_visit(actor=BOSS, store_id=store.pk, reason="SERVICE", customer_id=each.pk)

    assert plan_events() == 4
    assert plan_events() == 0
    carry_out()

    planned = FollowUp.objects.get(purpose="Thank")
    assert (planned.customer_id, planned.owner_id) == (customer.pk, advisor.pk)
    assert set(CustomerTag.objects.values_list("customer_id", flat=True)) == {
        customer.pk,
        ownerless.pk,
    }
    held = Reach.objects.get(automation=task, state="HELD")
    assert (held.customer_id, held.reason) == (ownerless.pk, "NO_OWNER")


def test_what_other_modules_declare_is_waited_for_asked_for_and_given(
    advisor, group, client_of, monkeypatch
):
    """Insurance, maintenance, points and coupons come with modules of their own: a date, an event
    and a reward that such a module declares work like those that there are."""
    for registry in ("_facts", "_rewards"):
        monkeypatch.setattr(facts, registry, dict(getattr(facts, registry)))
    ends = facts.Fact(
        "insurance.ends",
        "Insurance ends on",
        facts.Kind.DATE,
        "Insurance",
        value=lambda: F("last_purchase_date"),
    )
    facts.declare(ends)
    given = []
    facts.register_reward(
        facts.Reward(
            "service.coupon",
            "Voucher for an oil change",
            choices=lambda _actor: [("A", "Voucher A")],
            give=lambda *what: given.append(what),
        )
    )
    due, other = make_customer(owner=advisor), make_customer(owner=advisor)
    Customer.objects.filter(pk=due.pk).update(last_purchase_date=date(2026, 4, 4))
    Customer.objects.filter(pk=other.pk).update(last_purchase_date=date(2026, 4, 5))
    browser = client_of(group, make_staff("marketer").user)
    chosen = {"deed": "REWARD", "trigger": "DATE"}
    page = browser.get("/marketing/automations/new/", chosen).text
    browser.post(
        "/marketing/automations/new/",
        {
            **chosen,
            "name": "Renewal",
            "fact": ends.code,
            "days": 30,
            "side": "before",
            "reward": "service.coupon|A",
            "rest_days": 0,
            "valid_days": 3,
        },
    )
    made = Automation.objects.get()
    assert made.options == {"reward": "service.coupon", "value": "A"}
    edit = browser.get(f"/marketing/automations/{made.pk}/edit/").text
    assert 'value="service.coupon|A" selected' in edit
    shown = browser.get(f"/marketing/automations/{made.pk}/").text
    assert "Voucher for an oil change · Voucher A" in shown
    switch_automation(automation_id=made.pk, is_on=True, actor=BOSS)
    for _again in range(2):
        plan_dates()
        carry_out()

    assert [what[:2] for what in given] == [(due.pk, "A")]
    assert "Insurance ends on" in page
    assert "Voucher for an oil change" in page
    assert "Voucher A" in page


def test_a_delivered_car_and_a_closed_complaint_reach_their_customers(advisor, store):
    buyer, other = make_customer(owner=advisor), make_customer(owner=advisor)
    for event in ("stock_unit.delivered", "complaint.registered"):
        make_automation(
            name=event, trigger="EVENT", event=event, deed="TASK", options={"due_days": 3}
        )
    unit = make_unit(store)
    sell_unit(
        stock_unit_id=unit.pk,
        actor=BOSS,
        price=Decimal(150000),
        customer_name=buyer.name,
        customer_id=buyer.pk,
    )
    deliver_unit(stock_unit_id=unit.pk, actor=BOSS)
    make_complaint(customer_id=other.pk, owner=advisor)

    plan_events()
    carry_out()

    planned = dict(
        FollowUp.objects.filter(lead=None, opportunity=None).values_list("customer", "purpose")
    )
    assert planned == {buyer.pk: "stock_unit.delivered", other.pk: "complaint.registered"}
    types = {event.type for event in queries.events_about_customers()}
    assert "stock_unit.received" not in types
    no_complaint = {"fact": "care.open_complaint", "op": "YES", "values": []}
    asked = conditions_from({"blocks": [{"match": "ALL", "conditions": [no_complaint]}]}, BOSS)
    assert [row.pk for row in customers_matching(asked, BOSS)] == [other.pk]


def test_only_the_segment_the_store_and_those_not_resting_are_reached(advisor, store, at_noon):
    theirs = make_born(make_staff(store=make_store()))
    mine = make_born(advisor)
    segment = make_segment(("crm.has_email", "YES", []))
    make_born(advisor, email="")
    automation = make_automation(
        store_id=store.pk, segment_id=segment.pk, rest_days=30, daily_cap=1, deed="TASK", options={}
    )

    plan_dates()
    assert set(states()) == {mine.pk}
    Reach.objects.update(occasion="2025")
    Automation.objects.update(planned_through=None)
    assert plan_dates() == 0
    manager = actor_of(make_staff("store_manager", store=make_store()))
    with pytest.raises(NotFound):
        switch_automation(automation_id=automation.pk, is_on=False, actor=manager)
    with pytest.raises(NotPermitted):
        save_automation(
            actor=manager,
            name="all",
            trigger="DATE",
            fact="crm.birthday",
            deed="TASK",
            options={},
        )
    assert theirs.pk not in states()


def test_a_day_has_room_for_so_many_customers_and_what_is_too_late_is_left(advisor, at_noon):
    for _number in range(5):
        make_born(advisor)
    make_automation(deed="TASK", options={"purpose": "Greet"}, daily_cap=2, valid_days=2)
    plan_dates()

    carry_out()
    carry_out()
    assert Reach.objects.filter(state="DONE").count() == 2
    later(at_noon, days=1)
    carry_out()
    assert Reach.objects.filter(state="DONE").count() == 4
    later(at_noon, days=1)
    carry_out()
    assert Reach.objects.filter(state="DONE").count() == 4
    assert Reach.objects.get(state="HELD").reason == "LATE"


def test_what_makes_no_sense_is_refused_beside_its_field(group):
    wrong = (
        ({"fact": "crm.note"}, "fact"),
        ({"trigger": "EVENT", "event": "store.opened"}, "event"),
        ({"options": {**GREETING, "text": "Dear {nobody}"}}, "text"),
        ({"options": {**GREETING, "channel": "wecom"}}, "channel"),
        ({"deed": "TAG", "options": {"tag_id": 0}}, "tag_id"),
        ({"deed": "REWARD", "options": {"reward": "coupon"}}, "deed"),
        ({"valid_days": 0}, "valid_days"),
        ({"name": " "}, "name"),
    )
    for values, field in wrong:
        with pytest.raises(Invalid) as refusal:
            make_automation(is_on=False, **values)
        assert refusal.value.field == field
    assert not Automation.objects.exists()


def test_messages_may_leave_in_the_hours_of_the_customers_own_store():
    night = datetime(2026, 3, 5, 23, tzinfo=SHANGHAI)
    window = next_window(night, quiet_from=time(20), quiet_to=time(9))
    assert (window.start.hour, window.start.day, window.seconds) == (9, 6, 11 * 3600)
    late = next_window(night.replace(hour=19, minute=45), quiet_from=time(20), quiet_to=time(9))
    assert (late.start.hour, late.start.day) == (9, 6)
    assert next_window(night, quiet_from=time(9), quiet_to=time(9)).start == night


def test_a_backlog_leaves_at_the_groups_pace_outside_of_every_stores_quiet_hours(at_noon, group):
    """A small backlog, minute by minute: never more than the rate, never in a quiet hour, never
    more than the cap for a customer, and nobody forgotten."""
    decide("marketing.messages_per_minute", 5)
    east, west = make_store(), make_store(time_zone="Europe/Berlin")
    people = [make_staff(store=east), make_staff(store=west)]
    born = [make_born(people[number % 2]) for number in range(30)]
    at_noon.move_to(datetime(2026, 3, 5, 3, tzinfo=SHANGHAI))
    for number in range(4):
        make_automation(name=f"B{number}", valid_days=10)
    assert plan_dates() == 120
    # Everything is due at once, as after a long standstill.
    Reach.objects.update(due_at=now())
    zones = {born_one.pk: born_one.home_store.time_zone for born_one in born}

    moments: list[int] = []
    for _minute in range(24 * 60):
        before = set(Delivery.objects.filter(state="WAITING").values_list("pk", flat=True))
        if not Reach.objects.filter(state="WAITING").exists():
            break
        carry_out()
        fresh = Delivery.objects.filter(state="WAITING").exclude(pk__in=before)
        for row in fresh:
            local = now().astimezone(ZoneInfo(zones[row.recipient_id]))
            assert 9 <= local.hour < 20, local
        moments.append(fresh.count())
        later(at_noon, minutes=1)

    assert max(moments) == 5
    assert sum(moments) == 90  # three of the four for each: the cap in 7 days
    assert Reach.objects.filter(state="HELD", reason="CAP").count() == 30
    assert not Reach.objects.filter(state="WAITING").exists()


def test_two_workers_reach_nobody_twice(live_group, at_noon):
    advisor = make_staff(store=make_store())
    for _number in range(6):
        make_customer(owner=advisor)
    make_automation(fact="crm.created", deed="TASK", options={"purpose": "Greet"})

    planned = in_threads(live_group, 2, lambda _number: plan_dates())
    done = in_threads(live_group, 3, lambda _number: carry_out())
    carry_out()

    assert sorted(planned) == [0, 6]
    assert not [each for each in done if isinstance(each, Exception)]
    assert FollowUp.objects.filter(purpose="Greet").count() == 6
