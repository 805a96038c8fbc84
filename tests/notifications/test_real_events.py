"""The product's own events reach the people whom they concern, in the change's transaction."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from apps.crm.actions import claim_lead, reassign_leads, register_lead, register_leads
from apps.crm.actions.enquiries import enquiry
from apps.crm.actions.reminders import (
    remind_of_late_answers,
    remind_of_overdue_contacts,
    tell_managers_of_late_answers,
    tell_managers_of_overdue_contacts,
)
from apps.crm.models import FollowUp, Lead
from apps.notifications.models import Notification
from apps.notifications.queries import address_of, told
from apps.organisation.events import StaffJoined
from apps.organisation.queries import people_in_charge
from apps.vehicles import actions as vehicles
from apps.vehicles.actions.reminders import remind_of_expired_reservations
from apps.vehicles.models import StockUnit
from forecourt.accounts.events import AccountActivity
from forecourt.kernel import events, jobs
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict
from forecourt.kernel.models import Job
from tests.factories.crm import make_lead, next_phone
from tests.factories.organisation import actor_of, make_region, make_staff, make_store
from tests.factories.vehicles import make_transfer, make_unit
from tests.hostile.rows import _import_run, make_place

SYSTEM = system_actor()


def heard(person) -> list[str]:
    rows = Notification.objects.filter(recipient_id=person.pk).order_by("pk")
    return [row.event.split(".")[1] for row in rows]


@pytest.fixture
def store(group):
    """Open day and night, so that the time to answer runs whenever the suite does."""
    return make_store(opens_at=time(0), closes_at=time(23, 59))


@pytest.fixture
def manager(store):
    return make_staff("sales_manager", store)


@pytest.fixture
def advisor(store, manager):
    return make_staff("sales_advisor", store, manager=manager)


# --- Who is in charge ---------------------------------------------------------------------------


def test_those_of_the_store_come_before_the_region_and_the_group(group, django_assert_num_queries):
    region = make_region()
    here, beside, far = make_store(region=region), make_store(region=region), make_store()
    of_here = make_staff("store_manager", here)
    of_region = make_staff("region_manager", beside)
    of_group = make_staff("headquarters")
    make_staff("sales_advisor", here)
    permission = "vehicles.approve_transfer"

    with django_assert_num_queries(1):
        assert people_in_charge(permission, here.pk) == {of_here.pk}
    assert people_in_charge(permission, beside.pk) == {of_region.pk}
    assert people_in_charge(permission, far.pk) == {of_group.pk}
    assert people_in_charge(permission, None) == {of_group.pk}


def test_somebody_who_also_works_there_is_in_charge_and_who_left_is_not(group):
    here, home = make_store(), make_store()
    also = make_staff("store_manager", home)
    also.stores.add(here)
    make_staff("store_manager", here, state="SUSPENDED")

    assert people_in_charge("vehicles.approve_transfer", here.pk) == {also.pk}


# --- Leads --------------------------------------------------------------------------------------


def test_a_new_lead_tells_its_owner(advisor):
    lead = make_lead(owner=advisor, name="张伟", brand="比亚迪", series="汉")

    row = Notification.objects.get(recipient_id=advisor.pk)
    assert told(row).title == "New lead: 张伟"
    assert told(row).body.startswith("比亚迪 汉 Web form, answer due ")
    assert address_of(row) == f"/crm/leads/{lead.pk}/"


def test_a_lead_that_came_twice_by_the_same_message_tells_once(advisor):
    for _time in range(2):
        register_lead(
            actor=SYSTEM,
            source="WEB",
            phone="+8613800000001",
            owner_id=advisor.pk,
            external_id="x1",
        )

    assert heard(advisor) == ["lead_assigned"]


def test_a_customer_who_asks_again_tells_the_owner(advisor):
    phone = next_phone()
    make_lead(owner=advisor, phone=phone)
    make_lead(phone=phone, source="PHONE")

    assert heard(advisor) == ["lead_assigned", "lead_repeated"]


def test_a_lead_that_nobody_gets_tells_those_who_give_them_out(store, manager):
    lead = make_lead(store_id=store.pk)

    assert lead.owner_id is None
    assert heard(manager) == ["lead_waiting"]


def test_who_claims_a_lead_knows_and_hears_nothing(store):
    lead = make_lead(store_id=store.pk)
    advisor = make_staff("sales_advisor", store)

    claim_lead(lead_id=lead.pk, actor=actor_of(advisor))

    assert heard(advisor) == []


def test_leads_given_in_bulk_are_told_in_one_line(manager, advisor):
    other = make_staff("sales_advisor", advisor.home_store)
    leads = [make_lead(owner=other) for _number in range(6)]
    reassign_leads(
        lead_ids=[lead.pk for lead in leads],
        owner_id=advisor.pk,
        reason="ill",
        actor=actor_of(manager),
    )

    row = Notification.objects.get(recipient_id=advisor.pk)
    assert told(row).title == "6 leads were given to you"
    assert told(row).body == f"By {manager.name}"


def test_leads_of_a_file_tell_in_one_line_and_one_statement(
    store, manager, advisor, django_assert_num_queries
):
    lines = [
        enquiry(source="IMPORT", phone=next_phone(), name="x", owner_id=advisor.pk)
        for _number in range(40)
    ]
    register_leads(actor=SYSTEM, enquiries=lines)

    assert heard(advisor) == ["leads_assigned"]


def test_a_refused_claim_tells_nobody(store, manager, advisor):
    other = make_staff("sales_advisor", store)
    lead = make_lead(owner=other)
    before = Notification.objects.count()

    with pytest.raises(Conflict):
        claim_lead(lead_id=lead.pk, actor=actor_of(manager))

    assert Notification.objects.count() == before


def late(advisor, *, minutes: int) -> Lead:
    lead = make_lead(owner=advisor)
    Lead.objects.filter(pk=lead.pk).update(response_due_at=now() - timedelta(minutes=minutes))
    return lead


def test_a_late_answer_tells_the_advisor_then_her_manager_each_once(advisor, manager):
    lead = late(advisor, minutes=1)

    assert remind_of_late_answers() == 1
    assert tell_managers_of_late_answers() == 0, "the advisor has her time first"
    Lead.objects.filter(pk=lead.pk).update(reminded_at=now() - timedelta(minutes=31))
    assert tell_managers_of_late_answers() == 1
    assert tell_managers_of_late_answers() == 0

    assert heard(advisor) == ["lead_assigned", "answer_overdue"]
    assert heard(manager) == ["answer_overdue_of_others"]


def test_without_a_manager_those_who_give_out_leads_are_told(store, manager):
    alone = make_staff("sales_advisor", store)
    lead = late(alone, minutes=1)
    Lead.objects.filter(pk=lead.pk).update(reminded_at=now() - timedelta(minutes=31))

    tell_managers_of_late_answers()

    assert heard(manager) == ["answer_overdue_of_others"]


def test_an_answered_lead_calls_nothing_to_mind(advisor, manager):
    lead = late(advisor, minutes=1)
    Lead.objects.filter(pk=lead.pk).update(
        first_response_at=now(), state="CONTACTED", reminded_at=now() - timedelta(hours=1)
    )

    assert remind_of_late_answers() == tell_managers_of_late_answers() == 0


def test_giving_a_lead_away_starts_its_reminders_anew(advisor, manager):
    lead = late(advisor, minutes=1)
    Lead.objects.filter(pk=lead.pk).update(reminded_at=now(), escalated_at=now())
    other = make_staff("sales_advisor", advisor.home_store)

    reassign_leads(lead_ids=[lead.pk], owner_id=other.pk, reason="late", actor=actor_of(manager))

    lead.refresh_from_db()
    assert (lead.reminded_at, lead.escalated_at) == (None, None)


# --- Planned contacts ---------------------------------------------------------------------------


def planned(advisor, due_at) -> FollowUp:
    lead = make_lead(owner=advisor)
    return FollowUp.objects.create(
        customer=lead.customer,
        lead=lead,
        owner=advisor,
        store_id=lead.store_id,
        due_at=due_at,
        purpose="call",
        created_at=now(),
    )


def test_a_contact_whose_time_has_passed_is_told_once(advisor):
    planned(advisor, now() - timedelta(minutes=10))
    planned(advisor, now() + timedelta(minutes=10))

    remind_of_overdue_contacts()
    remind_of_overdue_contacts()

    assert heard(advisor).count("contact_overdue") == 1


def test_the_manager_hears_each_morning_what_is_left_undone(advisor, manager):
    for _number in range(3):
        planned(advisor, now() - timedelta(days=2))
    planned(advisor, now() - timedelta(hours=2))

    for _time in range(2):
        tell_managers_of_overdue_contacts(day=today())

    row = Notification.objects.get(recipient_id=manager.pk)
    assert told(row).title == "3 planned contacts of your people are overdue"
    assert told(row).body == f"{advisor.name} 3"


# --- Transfers and reservations -----------------------------------------------------------------


@pytest.fixture
def yards(group):
    """Two stores with everybody that a transfer concerns."""
    sender, receiver = make_store(name_en="North"), make_store(name_en="South")
    return {
        "sender": sender,
        "receiver": receiver,
        "approver": make_staff("sales_manager", sender),
        "clerk": make_staff("inventory_clerk", sender),
        "asks": make_staff("sales_advisor", receiver),
        "takes": make_staff("inventory_clerk", receiver),
    }


def asked(yards, count=1):
    units = [make_unit(yards["sender"]) for _number in range(count)]
    return units, make_transfer(*units, to_store=yards["receiver"], actor=actor_of(yards["asks"]))


def test_a_transfer_tells_each_who_has_to_act_and_who_asked(yards):
    _units, transfer = asked(yards)
    vehicles.approve_transfer(transfer_id=transfer.pk, actor=actor_of(yards["approver"]))
    vehicles.dispatch_transfer(transfer_id=transfer.pk, actor=actor_of(yards["clerk"]))
    vehicles.receive_transfer(transfer_id=transfer.pk, actor=actor_of(yards["takes"]))

    assert heard(yards["approver"]) == ["transfer_requested", "transfer_received"]
    assert heard(yards["clerk"]) == ["transfer_approved", "transfer_received"]
    assert heard(yards["takes"]) == ["transfer_dispatched"]
    assert heard(yards["asks"]) == [
        "transfer_approved",
        "transfer_dispatched",
        "transfer_received",
    ]


def test_a_rejected_transfer_tells_who_asked_and_why(yards):
    _units, transfer = asked(yards)
    vehicles.reject_transfer(
        transfer_id=transfer.pk, actor=actor_of(yards["approver"]), reason="needed here"
    )

    row = Notification.objects.get(recipient_id=yards["asks"].pk)
    assert told(row).title == f"Transfer {transfer.number} was rejected"
    assert told(row).body == f"{yards['approver'].name}: needed here"


def test_refused_vehicles_tell_the_sender(yards):
    units, transfer = asked(yards, count=2)
    vehicles.approve_transfer(transfer_id=transfer.pk, actor=actor_of(yards["approver"]))
    vehicles.dispatch_transfer(transfer_id=transfer.pk, actor=actor_of(yards["clerk"]))
    vehicles.refuse_transfer(
        transfer_id=transfer.pk,
        actor=actor_of(yards["takes"]),
        reason="scratched",
        stock_unit_ids=[units[0].pk],
    )

    row = Notification.objects.get(
        recipient_id=yards["approver"].pk, event="vehicles.transfer_refused"
    )
    assert told(row).body == f"{yards['takes'].name}: scratched"
    assert heard(yards["asks"])[-1] == "transfer_refused"


def test_a_cancelled_transfer_tells_the_sender(yards):
    _units, transfer = asked(yards)
    vehicles.cancel_transfer(transfer_id=transfer.pk, actor=actor_of(yards["asks"]))

    assert heard(yards["approver"]) == ["transfer_requested", "transfer_cancelled"]


def test_a_reservation_that_ran_out_is_told_once(advisor):
    unit = make_unit(advisor.home_store)
    vehicles.reserve_unit(stock_unit_id=unit.pk, actor=actor_of(advisor), customer_name="张伟")
    day = timezone.localdate()
    StockUnit.objects.filter(pk=unit.pk).update(reserved_until=day)

    assert remind_of_expired_reservations(day=day) == 0
    remind_of_expired_reservations(day=day + timedelta(days=1))
    remind_of_expired_reservations(day=day + timedelta(days=2))

    row = Notification.objects.get(recipient_id=advisor.pk)
    assert told(row).title == f"Reservation has run out: {unit.stock_number}"


# --- Background work, colleagues, accounts ------------------------------------------------------


def ended(person, kind, state, *, seconds=60, **params) -> None:
    job = Job.objects.create(
        kind=kind,
        state=state,
        params=params,
        actor_id=person.pk,
        actor_name=person.name,
        error="broken" if state == "FAILED" else "",
        created_at=now() - timedelta(seconds=seconds),
        finished_at=now(),
    )
    events.publish(jobs.JobEnded(job_id=job.pk, kind=kind, state=state))


def test_long_work_tells_when_it_is_done_and_any_when_it_failed(advisor):
    ended(advisor, "sample.load", "DONE", seconds=2)
    ended(advisor, "sample.load", "DONE")
    ended(advisor, "unheard.of", "FAILED", seconds=2)

    rows = list(Notification.objects.filter(recipient_id=advisor.pk).order_by("pk"))
    assert [told(row).title for row in rows] == [
        "Done: Loading sample data",
        "Failed: Work in the background",
    ]
    assert told(rows[1]).body == "broken"


def test_a_job_that_runs_tells_by_itself(group, advisor):
    jobs.runs("testing.tell")(lambda job, progress: None)
    try:
        job = Job.objects.create(
            kind="testing.tell",
            actor_id=advisor.pk,
            actor_name="x",
            created_at=now() - timedelta(minutes=1),
        )
        jobs.run_job(schema_name=group.schema_name, job_id=job.pk)
    finally:
        jobs._kinds.pop("testing.tell")

    assert heard(advisor) == ["job_finished"]


def test_an_import_tells_what_became_of_the_rows(group):
    place = make_place()
    run = _import_run(place)
    run.created_count, run.rejected_count = 7, 2
    run.save()

    ended(place.staff, "imports.run", "DONE", seconds=1, run_id=run.pk)

    row = Notification.objects.get(recipient_id=place.staff.pk)
    assert told(row).title == "Import finished: list.csv"
    assert told(row).body == "7 added, 0 changed, 2 rejected"
    assert address_of(row) == f"/imports/{run.pk}/"


CHROME = "Mozilla/5.0 (Windows NT 10.0) Chrome/{} Safari/537"
PHONE = "Mozilla/5.0 (iPhone; CPU) AppleWebKit Safari/604"


def test_a_sign_in_with_a_new_device_is_told_and_a_known_one_is_not(advisor):
    def sign_in(device):
        events.publish(AccountActivity("signed_in", advisor.user_id, "10.0.0.1", device))

    sign_in(CHROME.format(120))
    sign_in(CHROME.format(121))
    assert heard(advisor) == [], "the first one, and a newer version of it"
    sign_in(PHONE)
    sign_in(PHONE)

    row = Notification.objects.get(recipient_id=advisor.pk)
    assert told(row).title == "Your account was used on a new device: Safari iPhone"
    assert address_of(row) == "/accounts/devices/"


def test_a_colleague_who_joins_is_told_to_those_who_invite_and_to_her_manager(store, manager):
    boss = make_staff("store_manager", store)
    newcomer = make_staff("sales_advisor", store, manager=manager)

    events.publish(StaffJoined(staff_id=newcomer.pk, user_id=newcomer.user_id))

    assert heard(boss) == heard(manager) == ["staff_joined"]
    assert heard(newcomer) == []
