"""The reception desk: who came, who receives them, and what becomes of it."""

from collections import Counter
from datetime import timedelta

import pytest

from apps.approvals.actions import plan_absence
from apps.crm.actions import (
    end_visit,
    hand_visit,
    identify_visitor,
    move_opportunity,
    register_visit,
    void_visit,
)
from apps.crm.actions.visits import close_forgotten_visits
from apps.crm.errors import NotAnAdvisor, TransitionNotAllowed
from apps.crm.models import Customer, FollowUp, Lead, Opportunity, Visit
from apps.crm.queries import find_visitors, line_of, list_visits, showroom_day, timeline
from apps.notifications.queries import list_notifications
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.summaries import by_store
from tests.crm.test_claim_lead import in_threads, waiting_lead
from tests.factories.crm import make_customer, make_lead, make_opportunity, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

SYSTEM = system_actor()
PHONE = "13800138000"


@pytest.fixture
def store(group):
    return make_store(opens_at="00:00", closes_at="23:59")


@pytest.fixture
def advisors(store):
    return [make_staff(store=store) for _number in range(3)]


@pytest.fixture
def desk(store):
    """The receptionist of the store."""
    return actor_of(make_staff("receptionist", store=store))


@pytest.fixture
def everything_stays_true(group):
    yield
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def come(desk, store, reason="LOOK", **visitor):
    return register_visit(actor=desk, store_id=store.pk, reason=reason, **visitor)


def kept(store):
    figures = by_store(["visits"], start=today(), end=today())["visits"]
    return figures[store.pk].quantity if store.pk in figures else 0


def test_an_unknown_visitor_becomes_a_customer_with_a_lead_of_the_advisor_on_turn(
    store, advisors, desk, everything_stays_true
):
    visit = come(desk, store, phone=PHONE, name="张伟", headcount=2, brand="比亚迪")

    lead = Lead.objects.get()
    assert (visit.advisor_id, visit.takes_turn) == (advisors[0].pk, True)
    assert (lead.owner_id, lead.source, lead.store_id) == (advisors[0].pk, "WALK_IN", store.pk)
    assert (visit.customer.primary_phone, visit.customer.owner_id) == (
        "+8613800138000",
        advisors[0].pk,
    )
    # Somebody stands before her: nothing is to be answered, and she is called the next day.
    assert (lead.state, lead.assignment["how"]) == ("CONTACTED", "turn")
    planned = FollowUp.objects.get(lead=lead)
    assert planned.due_at <= now() + timedelta(days=1, minutes=1)
    assert kept(store) == 1
    told = list_notifications(actor_of(advisors[0])).values_list("event", flat=True)
    assert "crm.visitor" in told


def test_who_comes_again_goes_to_her_own_advisor_and_uses_no_turn(store, advisors, desk):
    customer = make_customer(owner=advisors[2], phone=PHONE)

    visit = come(desk, store, phone=PHONE)

    assert (visit.customer, visit.advisor_id, visit.takes_turn) == (
        customer,
        advisors[2].pk,
        False,
    )
    assert Lead.objects.count() == 1
    assert come(desk, store).advisor_id == advisors[0].pk


def test_a_visit_says_which_campaign_brought_them(store, advisors, desk):
    came = come(desk, store, phone="13800138000", campaign_code=" 春季车展 ")
    again = come(desk, store, phone="13800138000")

    assert (came.campaign_code, came.lead.campaign_code) == ("春季车展", "春季车展")
    assert again.campaign_code == "春季车展"
    with pytest.raises(Invalid) as refusal:
        come(desk, store, campaign_code="x" * 41)
    assert refusal.value.field == "campaign_code"
    assert Visit.objects.count() == 2


def test_a_visit_carries_the_opportunity_on_and_brings_the_next_contact_forward(
    store, advisors, desk, everything_stays_true
):
    deal = make_opportunity(owner=advisors[0], level="C", phone=PHONE)
    assert FollowUp.objects.get(opportunity=deal).due_at > now() + timedelta(days=10)

    visit = come(desk, store, reason="NEGOTIATE", phone=PHONE)

    deal.refresh_from_db()
    assert (visit.opportunity, visit.lead, deal.stage) == (deal, None, "VISITED")
    assert FollowUp.objects.get(opportunity=deal).due_at < now() + timedelta(days=2)
    items, _older = timeline(customer_id=deal.customer_id, actor=SYSTEM)
    assert items[0].row == visit


def test_a_visit_leaves_a_later_stage_where_it_is(store, advisors, desk):
    deal = make_opportunity(owner=advisors[0], phone=PHONE)
    move_opportunity(opportunity_id=deal.pk, stage="QUOTED", actor=SYSTEM)

    come(desk, store, phone=PHONE)

    assert Opportunity.objects.get().stage == "QUOTED"


def test_a_lead_that_nobody_had_is_hers_who_receives_the_customer(store, advisors, desk):
    lead = waiting_lead(store)

    visit = come(desk, store, phone=lead.customer.primary_phone)

    lead.refresh_from_db()
    assert lead.owner_id == visit.advisor_id is not None
    assert (visit.lead, lead.state) == (lead, "CONTACTED")


def test_who_brings_a_car_to_the_workshop_makes_no_lead_and_uses_no_turn(store, advisors, desk):
    visit = come(desk, store, reason="SERVICE", phone=PHONE, name="王芳")

    assert (visit.advisor_id, visit.takes_turn, Lead.objects.count()) == (None, False, 0)
    assert (visit.customer.name, visit.customer.owner_id) == ("王芳", None)


def test_a_party_without_a_name_counts_and_may_say_later_who_it_is(
    store, advisors, desk, everything_stays_true
):
    visit = come(desk, store, headcount=4)
    assert (visit.customer, visit.advisor_id) == (None, advisors[0].pk)

    identified = identify_visitor(visit_id=visit.pk, actor=desk, phone=PHONE, name="李娜")

    assert identified.customer == Customer.objects.get(name="李娜")
    assert Lead.objects.get().owner_id == advisors[0].pk
    assert kept(store) == 1
    with pytest.raises(Invalid):
        identify_visitor(visit_id=visit.pk, actor=desk, phone=next_phone())
    assert Customer.objects.count() == 1


def test_first_and_return_visits_are_told_apart_by_the_visits_before(store, advisors, desk):
    come(desk, store, phone=PHONE)
    second = come(desk, store, phone=PHONE)
    come(desk, store)
    by_mistake = come(desk, store, phone=next_phone())
    void_visit(visit_id=by_mistake.pk, reason="看错", actor=desk)
    come(desk, store, phone=by_mistake.customer.primary_phone)

    returned = list_visits(SYSTEM).filter(is_return=True)

    assert list(returned) == [second]
    day = showroom_day(store.pk, today())
    assert (day.visits, day.returned, day.known) == (4, 1, 3)


def test_turns_go_round_and_whoever_is_busy_keeps_her_place(store, advisors, desk):
    first, second, third = (advisor.pk for advisor in advisors)
    one, two = come(desk, store), come(desk, store)
    assert (one.advisor_id, two.advisor_id) == (first, second)
    end_visit(visit_id=one.pk, actor=desk)

    # The third is free and has waited longest, then the first is free again.
    assert come(desk, store).advisor_id == third
    assert come(desk, store).advisor_id == first
    # All are busy: the one whose last turn lies furthest back is next.
    assert come(desk, store).advisor_id == second


def test_turns_are_shared_out_evenly_over_a_long_day(store, advisors, desk):
    visits = []
    for _number in range(30):
        visits.append(come(desk, store))
        if len(visits) % 3 == 0:
            end_visit(visit_id=visits[-2].pk, actor=desk)

    assert set(Counter(visit.advisor_id for visit in visits).values()) == {10}


def test_who_is_away_today_receives_nobody(store, advisors, desk):
    plan_absence(
        substitute_id=advisors[1].pk,
        from_date=today(),
        to_date=today(),
        actor=actor_of(advisors[0]),
    )

    assert come(desk, store).advisor_id == advisors[1].pk
    assert [turn.staff_id for turn in line_of(store.pk)][-1] == advisors[0].pk


def test_a_visit_entered_by_mistake_gives_the_turn_back(store, advisors, desk):
    visit = come(desk, store)

    void_visit(visit_id=visit.pk, reason="按错", actor=desk)

    assert line_of(store.pk)[0].staff_id == advisors[0].pk
    assert kept(store) == 0
    with pytest.raises(TransitionNotAllowed):
        void_visit(visit_id=visit.pk, reason="按错", actor=desk)
    assert kept(store) == 0


def test_somebody_else_takes_over_who_works_there(store, advisors, desk):
    visit = come(desk, store)
    stranger = make_staff(store=make_store())

    with pytest.raises(NotAnAdvisor):
        hand_visit(visit_id=visit.pk, advisor_id=stranger.pk, actor=desk)
    hand_visit(visit_id=visit.pk, advisor_id=advisors[2].pk, actor=desk)

    visit.refresh_from_db()
    assert visit.advisor_id == advisors[2].pk


def test_visitors_leave_once(store, advisors, desk):
    visit = come(desk, store)

    end_visit(visit_id=visit.pk, actor=desk, note="要带家人再来")

    visit.refresh_from_db()
    assert (visit.state, visit.left_at is not None, visit.note) == ("LEFT", True, "要带家人再来")
    with pytest.raises(TransitionNotAllowed):
        end_visit(visit_id=visit.pk, actor=desk)


def test_forgotten_visitors_have_left_when_the_store_closed(store, advisors, desk):
    store.closes_at = "18:00"
    store.save()
    visit, present = come(desk, store), come(desk, store)
    came = now() - timedelta(days=2)
    Visit.objects.filter(pk=visit.pk).update(arrived_at=came, arrived_date=came.date())

    assert close_forgotten_visits() == 1

    visit.refresh_from_db()
    present.refresh_from_db()
    assert (visit.state, present.state) == ("LEFT", "PRESENT")
    assert came <= visit.left_at <= came + timedelta(days=1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phone": "1380013"}, "phone"),
        ({"headcount": 0}, "headcount"),
        ({"headcount": 51}, "headcount"),
        ({"reason": "NONE"}, "reason"),
        ({"plate_number": "ABC"}, "plate_number"),
    ],
)
def test_a_wrong_entry_says_where_and_changes_nothing(store, advisors, desk, wrong, field):
    with pytest.raises(Invalid) as refusal:
        come(desk, store, **{"reason": "LOOK", "phone": PHONE, **wrong})

    assert refusal.value.field == field
    assert (Visit.objects.count(), Customer.objects.count(), kept(store)) == (0, 0, 0)


def test_the_desk_of_one_store_registers_nobody_in_another(store, desk):
    other = make_store()

    with pytest.raises(NotPermitted):
        come(desk, other)
    elsewhere = come(SYSTEM, other)
    with pytest.raises(NotFound):
        end_visit(visit_id=elsewhere.pk, actor=desk)

    assert Visit.objects.get().state == "PRESENT"


def test_a_visitor_is_found_by_phone_by_plate_and_by_name(store, advisors, desk):
    stranger = make_customer(owner=make_staff(store=make_store()), phone=PHONE, name="周杰")
    ours = make_customer(owner=advisors[0], name="欧阳娜娜")
    unit = make_unit(store, vehicle={"plate_number": "沪A12345"})
    type(unit).objects.filter(pk=unit.pk).update(buyer_customer_id=stranger.pk)

    assert find_visitors("138 0013 8000", desk) == [stranger]
    assert find_visitors("沪a·12345", desk) == [stranger]
    assert [found.pk for found in find_visitors("欧阳", desk)] == [ours.pk]
    # By a part of the name only those are found whom the desk may see.
    assert find_visitors("周杰", desk) == []


def test_a_plate_is_known_from_the_visit_before(store, advisors, desk):
    customer = come(desk, store, phone=PHONE, plate_number="沪AD12345").customer

    assert find_visitors("沪AD12345", desk) == [customer]
    again = come(desk, store, plate_number="沪AD12345", customer_id=customer.pk)
    assert again.customer == customer


def test_a_customer_of_another_store_is_not_named_by_her_number_in_the_books(store, desk):
    stranger = make_customer(owner=make_staff(store=make_store()))

    with pytest.raises(NotFound):
        come(desk, store, customer_id=stranger.pk)

    assert Visit.objects.count() == 0


def test_two_desks_at_once_give_no_turn_twice(live_group):
    store = make_store()
    people = [make_staff(store=store).pk for _number in range(4)]
    phones = [next_phone() for _number in range(4)]

    visits = in_threads(
        live_group,
        4,
        lambda number: register_visit(
            actor=SYSTEM, store_id=store.pk, reason="LOOK", phone=phones[number]
        ),
    )

    assert sorted(visit.advisor_id for visit in visits) == sorted(people)
    assert Lead.objects.count() == 4
    assert make_lead(store_id=store.pk).owner_id in people
