"""A store closes when no customer waits there; who leaves hands her customers over."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.crm.actions import claim_lead, mark_invalid, schedule_follow_up
from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.organisation.actions import change_store_state, leave_staff
from apps.organisation.errors import StoreNotEmpty, SuccessorNeeded
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.verify import run_checks
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.races import tables_locked

SYSTEM = system_actor()


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def leaver(store):
    return make_staff(store=store, name="王丽")


@pytest.fixture
def successor(store):
    return make_staff(store=store, name="陈刚")


def leave(leaver, owner, successor=None):
    return leave_staff(
        staff_id=leaver.pk,
        successor_id=successor.pk if successor else None,
        actor=actor_of(owner),
    )


def test_a_store_with_open_leads_does_not_close_and_says_where_they_are(owner, store, leaver):
    make_lead(owner=leaver)

    with pytest.raises(StoreNotEmpty) as refusal:
        change_store_state(store_id=store.pk, state="CLOSED", actor=actor_of(owner))

    (left,) = [item for item in refusal.value.left if item.url.startswith("/crm/leads/")]
    assert left.count == 1
    assert f"store={store.pk}&state=NEW" in left.url
    store.refresh_from_db()
    assert store.state == "OPEN"


def test_what_keeps_a_store_from_closing_is_listed_behind_its_links(
    group, owner, store, leaver, client_of
):
    opportunity = make_opportunity(owner=leaver, name="赵敏")
    make_opportunity(owner=make_staff(store=make_store()), name="别处的客户")
    client = client_of(group, owner.user)

    with pytest.raises(StoreNotEmpty) as refusal:
        change_store_state(store_id=store.pk, state="CLOSED", actor=actor_of(owner))

    assert [(item.url.partition("?")[0], item.count) for item in refusal.value.left] == [
        ("/crm/opportunities/", 1),
        ("/crm/customers/", 1),
    ]
    for item in refusal.value.left:
        page = client.get(item.url).content.decode()
        assert opportunity.customer.name in page
        assert "别处的客户" not in page


def test_a_store_closes_when_its_work_is_done(owner, store, leaver):
    lead = make_lead(owner=leaver)
    mark_invalid(lead_id=lead.pk, reason="TEST", actor=SYSTEM)

    change_store_state(store_id=store.pk, state="CLOSED", actor=actor_of(owner))

    store.refresh_from_db()
    assert store.state == "CLOSED"


def test_who_has_customers_does_not_leave_without_a_successor(owner, leaver):
    lead = make_lead(owner=leaver)

    with pytest.raises(SuccessorNeeded):
        leave(leaver, owner)

    leaver.refresh_from_db()
    lead.refresh_from_db()
    assert leaver.state == "ACTIVE"
    assert lead.owner_id == leaver.pk


def test_everything_unfinished_goes_to_the_successor(owner, leaver, successor):
    lead = make_lead(owner=leaver)
    opportunity = make_opportunity(owner=leaver)
    schedule_follow_up(customer_id=lead.customer_id, due_at=now(), actor=SYSTEM)

    leave(leaver, owner, successor)

    for model in (Customer, Opportunity):
        assert set(model.objects.values_list("owner_id", flat=True)) == {successor.pk}
    open_follow_ups = FollowUp.objects.filter(state="OPEN")
    assert set(open_follow_ups.values_list("owner_id", flat=True)) == {successor.pk}
    lead.refresh_from_db()
    opportunity.refresh_from_db()
    assert (lead.owner_id, lead.store_id) == (successor.pk, leaver.home_store_id)
    assert opportunity.store_id == leaver.home_store_id
    assert {name: found for name, found in run_checks() if found} == {}


def test_a_successor_of_another_store_takes_the_work_where_it_is(owner, leaver):
    lead = make_lead(owner=leaver)
    elsewhere = make_staff(store=make_store())

    leave(leaver, owner, elsewhere)

    lead.refresh_from_db()
    assert (lead.owner_id, lead.store_id) == (elsewhere.pk, leaver.home_store_id)
    assert Customer.objects.get(pk=lead.customer_id).home_store_id == leaver.home_store_id


def test_what_is_finished_keeps_the_leaver_s_name(owner, leaver, successor):
    lead = make_lead(owner=leaver)
    mark_invalid(lead_id=lead.pk, reason="TEST", actor=SYSTEM)

    leave(leaver, owner, successor)

    lead.refresh_from_db()
    assert lead.owner_id == leaver.pk


def test_each_record_s_history_tells_who_had_it_before(owner, leaver, successor):
    lead = make_lead(owner=leaver)
    opportunity = make_opportunity(owner=leaver)

    leave(leaver, owner, successor)

    entries = AuditEntry.objects.filter(action="handed_over")
    for record in (lead, lead.customer, opportunity, opportunity.customer):
        entry = entries.get(subject_kind=record._meta.label_lower, subject_id=str(record.pk))
        assert entry.changes["owner"] == ["王丽", "陈刚"]
        assert entry.actor_id == owner.pk
    handed = AuditEntry.objects.get(action="left").changes["handed_over"]
    assert (handed["crm.customers"], handed["crm.leads"], handed["crm.opportunities"]) == (2, 1, 1)


def test_what_goes_is_locked_in_the_order_of_everybody(owner, leaver, successor):
    make_opportunity(owner=leaver)
    make_lead(owner=leaver)

    with CaptureQueriesContext(connection) as seen:
        leave(leaver, owner, successor)

    locks = [table for table in tables_locked(seen) if table.startswith("crm_")]
    order = ["crm_testdrive", "crm_lead", "crm_opportunity", "crm_customer", "crm_followup"]
    assert locks == order


def test_an_unanswered_lead_gets_its_time_anew(owner, leaver, successor):
    lead = make_lead(owner=leaver)
    Lead.objects.filter(pk=lead.pk).update(reminded_at=now())

    leave(leaver, owner, successor)

    lead.refresh_from_db()
    assert lead.reminded_at is None
    assert lead.response_due_at > now()
    assert lead.assignment["how"] == "reassigned"
    assert "王丽" in lead.assignment["reason"]


def test_waiting_leads_of_a_store_keep_it_open(owner, store):
    lead = make_lead(store_id=store.pk)
    assert lead.owner_id is None

    with pytest.raises(StoreNotEmpty):
        change_store_state(store_id=store.pk, state="CLOSED", actor=actor_of(owner))

    advisor = make_staff(store=store)
    claim_lead(lead_id=lead.pk, actor=actor_of(advisor))
    with pytest.raises(StoreNotEmpty):
        change_store_state(store_id=store.pk, state="CLOSED", actor=actor_of(owner))
