"""The shared pool: who is neglected goes there, one of many claims her; lost deals wake."""

from datetime import timedelta

import pytest
import time_machine

from apps.crm.actions import (
    claim_customer,
    drop_neglected,
    lose_opportunity,
    move_opportunity,
    register_lead,
    wake_lost,
    warn_of_pool,
)
from apps.crm.errors import CustomerAlreadyTaken, OverCap
from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.queries import list_pool
from apps.notifications.models import Notification
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import NotFound
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide
from tests.races import in_threads

SYSTEM = system_actor()


def neglect(days):
    moment = now() - timedelta(days=days)
    Customer.objects.update(touched_at=moment)
    FollowUp.objects.update(due_at=moment)


def problems():
    return [problem for _name, found in verify.run_checks() for problem in found]


@pytest.mark.parametrize(("level", "kept", "dropped"), [("H", 6, 8), ("B", 29, 31), ("C", 59, 61)])
def test_who_is_not_contacted_for_the_days_of_her_level_goes_to_the_pool(
    group, level, kept, dropped
):
    advisor = make_staff(store=make_store())
    make_opportunity(owner=advisor, level=level)
    neglect(kept)
    assert drop_neglected() == 0
    neglect(dropped)

    assert drop_neglected() == 1
    assert drop_neglected() == 0

    customer = Customer.objects.get()
    assert (customer.owner_id, customer.pooled_at is not None) == (None, True)
    assert list(list_pool(actor_of(advisor))) == [customer]
    assert Opportunity.objects.get().owner_id == advisor.pk
    assert not problems()


def test_the_owner_is_warned_once_before_the_customer_goes(group):
    advisor = make_staff(store=make_store())
    deal = make_opportunity(owner=advisor, level="B", name="王小明")
    make_lead(owner=advisor)  # Without a deal it takes 180 days.
    neglect(0)
    warnings = Notification.objects.filter(event="crm.pool_warning")
    for days, count in ((26, 0), (28, 1), (29, 1), (31, 1)):
        with time_machine.travel(now() + timedelta(days=days)):
            warn_of_pool()
        assert warnings.count() == count, days
    told = warnings.get()
    assert (told.recipient_id, told.subject_id) == (advisor.pk, str(deal.customer_id))
    assert told.values["customer"] == "王小明"

    later = now() + timedelta(days=60)
    Customer.objects.update(touched_at=later - timedelta(days=28))
    with time_machine.travel(later):
        decide("crm.pool_warning_days", 0)
        assert warn_of_pool() == 0
        decide("crm.pool_warning_days", 5)
        assert warn_of_pool() == 1
    assert warnings.count() == 2


def test_neither_a_planned_contact_nor_a_buyer_nor_a_closed_pool_loses_anybody(group):
    here, there = make_store(), make_store()
    planned = make_opportunity(owner=make_staff(store=here))
    buyer = make_lead(owner=make_staff(store=here)).customer
    make_opportunity(owner=make_staff(store=there))
    decide("crm.pool_is_open", False, store_id=there.pk)
    neglect(400)
    FollowUp.objects.filter(opportunity=planned).update(due_at=now() + timedelta(days=1))
    Customer.objects.filter(pk=buyer.pk).update(lifecycle="CUSTOMER", last_purchase_date=today())

    assert drop_neglected() == 0


def test_a_claimed_customer_comes_with_all_that_is_under_way(group):
    store = make_store()
    first, second = make_staff(store=store), make_staff(store=store)
    make_opportunity(owner=first, phone="13800138000")
    Lead.objects.update(received_at=now() - timedelta(days=200))
    lead = make_lead(owner=first, phone="13800138000")
    neglect(40)
    drop_neglected()
    lead.refresh_from_db()
    assert (lead.state, lead.owner_id, lead.assignment["how"]) == ("NEW", None, "pooled")

    customer = claim_customer(customer_id=lead.customer_id, actor=actor_of(second))

    lead.refresh_from_db()
    assert (customer.owner_id, customer.pooled_at) == (second.pk, None)
    assert (lead.state, lead.owner_id) == ("ASSIGNED", second.pk)
    assert Opportunity.objects.get().owner_id == second.pk
    assert set(FollowUp.objects.filter(state="OPEN").values_list("owner", flat=True)) == {second.pk}
    with pytest.raises(CustomerAlreadyTaken, match=second.name):
        claim_customer(customer_id=customer.pk, actor=actor_of(first))
    assert not problems()


def test_claims_end_at_the_cap_of_the_day_and_at_the_store(group):
    store = make_store()
    owner, claimer = make_staff(store=store), make_staff(store=store)
    stranger = make_staff(store=make_store())
    for _ in range(3):
        make_opportunity(owner=owner)
    decide("crm.pool_claims_a_day", 2)
    neglect(40)
    drop_neglected()
    ids = list(Customer.objects.order_by("pk").values_list("pk", flat=True))
    with pytest.raises(NotFound):
        claim_customer(customer_id=ids[0], actor=actor_of(stranger))
    for customer_id in ids[:2]:
        claim_customer(customer_id=customer_id, actor=actor_of(claimer))

    with pytest.raises(OverCap):
        claim_customer(customer_id=ids[2], actor=actor_of(claimer))

    assert Customer.objects.get(pk=ids[2]).pooled_at is not None


def test_who_asks_again_leaves_the_pool_with_her_new_lead(group):
    store = make_store()
    advisor = make_staff(store=store)
    make_lead(owner=advisor, phone="13800138000")
    neglect(200)
    drop_neglected()
    Lead.objects.update(state="INVALID", invalid_reason="TEST", closed_at=now())

    lead = register_lead(actor=SYSTEM, source="WEB", phone="13800138000").lead

    customer = Customer.objects.get()
    assert (customer.owner_id, customer.pooled_at) == (lead.owner_id, None)
    assert lead.owner_id is not None


def test_of_many_who_claim_at_once_one_gets_the_customer(live_group):
    store = make_store()
    make_opportunity(owner=make_staff(store=store))
    neglect(40)
    drop_neglected()
    claimers = [actor_of(make_staff(store=store)) for _ in range(6)]
    customer = Customer.objects.get()

    answers = in_threads(
        live_group,
        6,
        lambda number: claim_customer(customer_id=customer.pk, actor=claimers[number]),
    )

    won = [answer for answer in answers if isinstance(answer, Customer)]
    assert len(won) == 1
    assert {type(answer) for answer in answers} == {Customer, CustomerAlreadyTaken}
    assert Customer.objects.get().owner_id == won[0].owner_id


def test_a_lost_deal_wakes_once_and_asks_its_owner(group):
    advisor = make_staff(store=make_store())
    deal = make_opportunity(owner=advisor, brand="比亚迪")
    lose_opportunity(opportunity_id=deal.pk, reason="PRICE", actor=SYSTEM)
    deal.refresh_from_db()
    assert (deal.wake_date - today()).days in (89, 90, 91)
    assert wake_lost() == 0
    Opportunity.objects.update(wake_date=today())

    assert wake_lost() == 1
    assert wake_lost() == 0

    planned = FollowUp.objects.get(state="OPEN")
    assert (planned.owner_id, planned.opportunity_id) == (advisor.pk, None)
    assert Notification.objects.filter(event="crm.deal_woken", recipient_id=advisor.pk).count() == 1
    move_opportunity(opportunity_id=deal.pk, stage="CONTACTED", actor=SYSTEM)
    assert Opportunity.objects.get().wake_date is None


def test_who_has_come_back_or_whose_owner_has_left_is_not_asked_by_her(group):
    advisor = make_staff(store=make_store())
    back, left = make_opportunity(owner=advisor), make_opportunity(owner=advisor)
    for deal in (back, left):
        lose_opportunity(opportunity_id=deal.pk, reason="PRICE", actor=SYSTEM)
    decide("crm.repeat_days", 0)
    Lead.objects.update(received_at=now() - timedelta(days=100))
    phone = Customer.objects.get(pk=back.customer_id).primary_phone
    register_lead(actor=SYSTEM, source="WEB", phone=phone)
    Opportunity.objects.update(wake_date=today())
    advisor.state = advisor.State.SUSPENDED
    advisor.save()

    assert wake_lost() == 1

    assert Customer.objects.get(pk=left.customer_id).pooled_at is not None
    assert not FollowUp.objects.filter(state="OPEN", customer=left.customer_id).exists()


def test_a_group_may_let_lost_deals_sleep_for_ever(group):
    decide("crm.lost_sleep_days", 0)
    deal = make_opportunity(owner=make_staff(store=make_store()))

    lose_opportunity(opportunity_id=deal.pk, reason="PRICE", actor=SYSTEM)

    assert Opportunity.objects.get().wake_date is None
