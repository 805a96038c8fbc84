"""Customers given to somebody else, singly and in bulk, on the page and over the API."""

import pytest
from django.urls import reverse

from apps.crm.actions import give_customers, qualify_lead, reassign_leads, register_lead
from apps.crm.errors import NotAnAdvisor
from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.notifications.models import Notification
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store

SYSTEM = system_actor()


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def old(store):
    return make_staff(store=store, name="李娜")


@pytest.fixture
def new(store):
    return make_staff(store=store, name="王强")


@pytest.fixture
def manager(store):
    return make_staff("store_manager", store=store)


def clashing() -> list[Lead]:
    return [lead for lead in Lead.objects.all() if "clash" in lead.assignment]


def test_all_that_is_under_way_goes_along_and_a_clash_is_settled(old, new, manager):
    deal = make_opportunity(owner=old, phone="13800138000")
    lead = make_lead(owner=old)
    register_lead(actor=SYSTEM, source="PHONE", phone="13800138000", owner_id=new.pk)
    assert len(clashing()) == 1

    give_customers(
        customer_ids=[deal.customer_id, lead.customer_id],
        owner_id=new.pk,
        reason="调班",
        actor=actor_of(manager),
    )

    for model in (Customer, FollowUp, Opportunity):
        assert set(model.objects.values_list("owner", flat=True)) == {new.pk}
    lead.refresh_from_db()
    assert (lead.owner_id, lead.assignment["reason"]) == (new.pk, "调班")
    assert clashing() == []
    told = Notification.objects.filter(recipient_id=new.pk)
    assert sorted(told.values_list("event", flat=True)) == [
        "crm.customer_given",
        "crm.lead_assigned",
    ]
    entries = AuditEntry.objects.filter(action="reassigned", subject_kind="crm.customer")
    assert entries.count() == 2


def test_a_clash_is_settled_for_the_owner_too(old, new, manager):
    make_lead(owner=old, phone="13800138000")
    lead = register_lead(actor=SYSTEM, source="PHONE", phone="13800138000", owner_id=new.pk).lead

    reassign_leads(lead_ids=[lead.pk], owner_id=old.pk, reason="先到", actor=actor_of(manager))

    lead.refresh_from_db()
    assert (lead.owner_id, clashing()) == (old.pk, [])


def test_who_may_not_and_what_is_out_of_reach_changes_nothing(store, old, new, manager):
    ours = make_lead(owner=old).customer_id
    theirs = make_lead(owner=make_staff(store=make_store())).customer_id
    gone = make_staff(store=store, state="LEFT")

    for ids, owner, reason, actor, refusal in (
        ([ours, theirs], new, "忙", manager, NotFound),
        ([ours], new, " ", manager, Invalid),
        ([ours], gone, "忙", manager, NotAnAdvisor),
        ([], new, "忙", manager, Invalid),
        ([ours], new, "忙", old, NotPermitted),
    ):
        with pytest.raises(refusal):
            give_customers(
                customer_ids=ids, owner_id=owner.pk, reason=reason, actor=actor_of(actor)
            )

    assert Customer.objects.get(pk=ours).owner_id == old.pk


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
