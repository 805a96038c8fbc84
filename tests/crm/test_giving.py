"""Customers given to somebody else, singly and in bulk, with all that is under way."""

import threading

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.crm.actions import (
    complete_follow_up,
    create_customer,
    give_customers,
    qualify_lead,
    reassign_leads,
    register_lead,
    schedule_follow_up,
)
from apps.crm.errors import AlreadyBooked, NotAnAdvisor
from apps.crm.models import Customer, FollowUp, Lead, Opportunity, TestDrive
from apps.notifications.models import Notification
from forecourt.kernel import feed
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from tests.crm.test_test_drives import book, make_demo_car, open_store, tomorrow
from tests.factories.crm import make_customer, make_lead, make_opportunity, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.races import in_threads, tables_locked, until_somebody_waits_for_us

SYSTEM = system_actor()


@pytest.fixture
def store(group):
    return open_store()


@pytest.fixture
def old(store):
    return make_staff(store=store, name="李娜")


@pytest.fixture
def new(store):
    return make_staff(store=store, name="王强")


@pytest.fixture
def manager(store):
    return make_staff("store_manager", store=store)


def give(customers, owner, actor, reason="调班"):
    ids = [customer.pk for customer in customers]
    return give_customers(customer_ids=ids, owner_id=owner.pk, reason=reason, actor=actor)


def plan(customer, actor) -> FollowUp:
    return schedule_follow_up(customer_id=customer.pk, due_at=tomorrow(), actor=actor_of(actor))


def events() -> list[str]:
    """The types of all events that other systems may hear of."""
    feed.refresh()
    batch = feed.read(
        actor=SYSTEM, types=list(feed.all_events().values()), after=feed.Cursor(), limit=1000
    )
    return [event.type.type for event in batch.events]


def heard() -> set[str]:
    return set(events())


def of_drives() -> int:
    return events().count("test_drive.booked")


def everything():
    """Whose everything is, and what people were told and the log says."""
    return [
        *Customer.objects.order_by("pk").values_list("owner", "home_store", "touched_at"),
        *Lead.objects.order_by("pk").values_list("owner", "store", "state", "assignment"),
        *Opportunity.objects.order_by("pk").values_list("owner", "store"),
        *FollowUp.objects.order_by("pk").values_list("owner", "store_id", "due_at"),
        *TestDrive.objects.order_by("pk").values_list("advisor", "store"),
        *Notification.objects.order_by("pk").values_list("recipient_id", "event"),
        *AuditEntry.objects.order_by("pk").values_list("action", "subject_id"),
    ]


def clashing() -> list[Lead]:
    return [lead for lead in Lead.objects.all() if "clash" in lead.assignment]


def test_all_that_is_under_way_goes_along_and_a_clash_is_settled(old, new, manager):
    deal = make_opportunity(owner=old, phone="13800138000")
    drive = book(deal, make_demo_car(old.home_store))
    lead = make_lead(owner=old)
    register_lead(actor=SYSTEM, source="PHONE", phone="13800138000", owner_id=new.pk)
    assert len(clashing()) == 1
    assert "customer.handed_over" not in heard()
    booked = of_drives()

    give([deal.customer, lead.customer], new, actor_of(manager))

    for model in (Customer, FollowUp, Opportunity):
        assert set(model.objects.values_list("owner", flat=True)) == {new.pk}
    lead.refresh_from_db()
    assert (lead.owner_id, lead.assignment["reason"]) == (new.pk, "调班")
    assert clashing() == []
    told = Notification.objects.filter(recipient_id=new.pk)
    assert sorted(told.values_list("event", flat=True)) == [
        "crm.customer_given",
        "crm.lead_assigned",
        "crm.test_drive_booked",
    ]
    drive.refresh_from_db()
    assert drive.advisor_id == new.pk
    entries = AuditEntry.objects.filter(action__in=["reassigned", "handed_over"])
    assert sorted(entries.values_list("subject_kind", flat=True)) == [
        *("crm.customer", "crm.customer", "crm.lead", "crm.opportunity", "crm.testdrive")
    ]
    assert {tuple(entry.changes["owner"]) for entry in entries} == {("李娜", "王强")}
    assert heard() >= {"customer.handed_over", "lead.assigned", "opportunity.handed_over"}
    assert of_drives() == booked + 1


def test_what_is_planned_with_a_customer_alone_goes_to_the_new_owners_store(store, old):
    new = make_staff(store=make_store())
    customer, deal = make_customer(owner=old), make_opportunity(owner=old)
    plan(customer, old)
    FollowUp.objects.update(reminded_at=now())

    give([customer, deal.customer], new, SYSTEM)

    alone, about = customer.follow_ups.get(), deal.follow_ups.get()
    assert (alone.owner_id, alone.store_id) == (new.pk, new.home_store_id)
    assert (about.owner_id, about.store_id) == (new.pk, store.pk)
    assert (alone.reminded_at, about.reminded_at) == (None, None)


def test_what_is_under_way_in_a_store_out_of_reach_stays(store, old, new, manager):
    away = open_store()
    colleague = make_staff(store=away)
    theirs = make_opportunity(owner=colleague)
    drive = book(theirs, make_demo_car(away))
    waiting = make_lead(owner=colleague)
    ids = [theirs.customer_id, waiting.customer_id]
    for customer_id in ids:
        customer = Customer.objects.get(pk=customer_id)
        Customer.objects.filter(pk=customer_id).update(owner=old, home_store=store)
        FollowUp.objects.create(
            customer=customer, owner=colleague, store_id=away.pk, due_at=now(), created_at=now()
        )
    before = everything()

    give(Customer.objects.filter(pk__in=ids), new, actor_of(manager))

    for model in (Lead, Opportunity, FollowUp):
        assert set(model.objects.values_list("owner", flat=True)) == {colleague.pk}
    drive.refresh_from_db()
    assert drive.advisor_id == colleague.pk
    assert set(Customer.objects.values_list("owner", flat=True)) == {new.pk}
    assert not {"lead.assigned", "opportunity.handed_over"} & heard()
    assert len(everything()) == len(before) + 4, "two entries and two notices of the customers"


def test_whoever_drives_with_somebody_else_by_then_takes_nobody_over(old, new, manager):
    mine, hers = make_opportunity(owner=old), make_opportunity(owner=new)
    book(mine, make_demo_car(old.home_store))
    book(hers, make_demo_car(old.home_store))
    before = everything()

    with pytest.raises(AlreadyBooked):
        give([mine.customer], new, actor_of(manager))

    assert everything() == before


def test_all_that_is_given_is_locked_in_the_order_of_everybody(old, new, manager):
    deal = make_opportunity(owner=old)
    book(deal, make_demo_car(old.home_store))

    with CaptureQueriesContext(connection) as seen:
        give([deal.customer], new, actor_of(manager))

    assert tables_locked(seen) == ["crm_testdrive", "crm_lead", "crm_opportunity", "crm_customer"]


def test_a_lead_that_comes_in_meanwhile_goes_along(live_group):
    store = make_store()
    old, new = make_staff(store=store), make_staff(store=store)
    customer = create_customer(actor=actor_of(old), name="王芳", phone=next_phone())
    registered = threading.Event()

    def act(number: int):
        if number:
            registered.wait(30)
            return give([customer], new, SYSTEM)
        with transaction.atomic():
            taken = register_lead(
                actor=SYSTEM, source="PHONE", phone=customer.primary_phone, owner_id=old.pk
            )
            registered.set()
            until_somebody_waits_for_us()
        return taken.lead.owner_id

    answers = in_threads(live_group, 2, act)

    assert answers[0] == old.pk
    assert [row.pk for row in answers[1]] == [customer.pk]
    assert Lead.objects.get().owner_id == new.pk
    assert Customer.objects.get().owner_id == new.pk


def test_an_enquiry_that_waits_for_the_giving_goes_to_the_new_owner(live_group):
    store = make_store()
    old, new = make_staff(store=store), make_staff(store=store)
    customer = create_customer(actor=actor_of(old), name="王芳", phone=next_phone())
    given = threading.Event()

    def act(number: int):
        if number:
            given.wait(30)
            return register_lead(actor=SYSTEM, source="PHONE", phone=customer.primary_phone)
        with transaction.atomic():
            give([customer], new, SYSTEM)
            given.set()
            until_somebody_waits_for_us()
        return None

    in_threads(live_group, 2, act)

    assert Lead.objects.get().owner_id == new.pk
    assert Customer.objects.get().owner_id == new.pk


def test_a_contact_that_is_ticked_off_meanwhile_stays_with_who_did_it(live_group):
    store = make_store()
    old, new = make_staff(store=store), make_staff(store=store)
    customer = create_customer(actor=actor_of(old), name="王芳", phone=next_phone())
    planned = plan(customer, old)
    done = threading.Event()

    def act(number: int):
        if number:
            done.wait(30)
            return give([customer], new, SYSTEM)
        with transaction.atomic():
            complete_follow_up(follow_up_id=planned.pk, actor=actor_of(old))
            done.set()
            until_somebody_waits_for_us()
        return None

    in_threads(live_group, 2, act)

    planned.refresh_from_db()
    assert (planned.state, planned.owner_id) == ("DONE", old.pk)
    assert Customer.objects.get().owner_id == new.pk


def test_a_clash_is_settled_for_the_owner_too(old, new, manager):
    make_lead(owner=old, phone="13800138000")
    lead = register_lead(actor=SYSTEM, source="PHONE", phone="13800138000", owner_id=new.pk).lead

    reassign_leads(lead_ids=[lead.pk], owner_id=old.pk, reason="先到", actor=actor_of(manager))

    assert AuditEntry.objects.get(action="clash_settled").changes == {"reason": [None, "先到"]}
    assert "lead.assigned" not in heard(), "it is whose it was"
    lead.refresh_from_db()
    assert (lead.owner_id, clashing()) == (old.pk, [])


def test_who_may_not_and_what_is_out_of_reach_changes_nothing(store, old, new, manager):
    deal = make_opportunity(owner=old)
    book(deal, make_demo_car(store))
    ours = make_lead(owner=old).customer_id
    theirs = make_lead(owner=make_staff(store=make_store())).customer_id
    gone = make_staff(store=store, state="LEFT")
    before = everything()

    for ids, owner, reason, actor, refusal in (
        ([ours, deal.customer_id, theirs], new, "忙", manager, NotFound),
        ([ours], new, " ", manager, Invalid),
        ([ours], gone, "忙", manager, NotAnAdvisor),
        ([], new, "忙", manager, Invalid),
        ([ours], new, "忙", old, NotPermitted),
    ):
        with pytest.raises(refusal):
            give_customers(
                customer_ids=ids, owner_id=owner.pk, reason=reason, actor=actor_of(actor)
            )

    assert everything() == before


def test_the_manager_gives_on_from_the_list_and_from_the_page(group, client_of, old, new, manager):
    first, second = (make_opportunity(owner=old) for _number in range(2))
    browser = client_of(group, manager.user)
    give = reverse("crm:customer_give", args=[first.customer_id])
    assert give in browser.get(reverse("crm:opportunity_detail", args=[first.pk])).text
    assert give in browser.get(reverse("crm:customer_detail", args=[first.customer_id])).text

    browser.post(give, {"owner_id": new.pk, "reason": "调班"})
    ids = {"bulk": "give", "row": [second.customer_id], "owner_id": new.pk, "reason": "调班"}
    browser.post(reverse("crm:customer_list"), ids, headers={"HX-Request": "true"})

    assert set(Customer.objects.values_list("owner", flat=True)) == {new.pk}
    mine = client_of(group, old.user).get(reverse("crm:opportunity_detail", args=[first.pk]))
    assert mine.status_code == 404


def test_a_qualified_lead_is_no_longer_listed_as_a_clash(old, new, manager):
    lead = make_lead(owner=old, phone="13800138000")
    register_lead(actor=SYSTEM, source="PHONE", phone="13800138000", owner_id=new.pk)
    qualify_lead(lead_id=lead.pk, level="A", actor=SYSTEM)
    assert len(clashing()) == 1

    give_customers(
        customer_ids=[lead.customer_id], owner_id=old.pk, reason="先到", actor=actor_of(manager)
    )

    assert clashing() == []
