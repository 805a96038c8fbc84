"""Complaints: from the first word to the confirmation, with clocks, money and numbers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.approvals.actions import approve, reject, retire_flow
from apps.approvals.models import ApprovalFlow, ApprovalRequest
from apps.care import figures
from apps.care.actions import (
    add_step,
    confirm_solution,
    dispatch_complaint,
    offer_compensation,
    rate_complaint,
    register_complaint,
    reopen_complaint,
    solve_complaint,
    tell_of_late_complaints,
)
from apps.care.errors import ComplaintStateError
from apps.care.models import Complaint, ComplaintStep
from apps.crm.actions import merge_customers
from apps.crm.queries import timeline
from apps.notifications.queries import list_notifications
from forecourt.kernel import counted, verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.periods import Period
from tests.factories.care import make_complaint
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide

SYSTEM = system_actor()
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)  # four in the afternoon in Shanghai


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def store(group):
    return make_store(opens_at="09:00", closes_at="18:00")


@pytest.fixture
def manager(store):
    return make_staff("store_manager", store=store, name="刘店总")


@pytest.fixture
def advisor(store, manager):
    return make_staff(store=store, name="李娜", manager=manager)


@pytest.fixture(autouse=True)
def everything_stays_true(group):
    yield
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def local(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%d %H:%M}"


def test_no_clock_runs_on_a_day_on_which_the_store_is_closed(store, advisor, clock):
    usual = make_complaint(owner=advisor).reply_due_at
    decide("organisation.closed_days", [f"{usual:%F}"], store_id=store.pk)

    assert make_complaint(owner=advisor).reply_due_at > usual + timedelta(hours=20)


def told(person) -> list[str]:
    return [one.event for one in list_notifications(actor_of(person))]


def test_both_clocks_run_in_the_business_hours_of_the_store_by_severity(store, advisor, clock):
    normal = make_complaint(owner=advisor)
    critical = make_complaint(owner=advisor, severity="CRITICAL")

    assert local(normal.reply_due_at) == "12 11:00"  # two hours on Monday, two on Tuesday
    assert local(critical.reply_due_at) == "11 17:00"
    assert local(critical.close_due_at) == "13 16:00"
    decide("care.reply_hours", {"NORMAL": 1, "SERIOUS": 1, "CRITICAL": 1}, store_id=store.pk)
    assert local(make_complaint(owner=advisor).reply_due_at) == "11 17:00"


def test_a_changed_severity_reckons_from_the_day_it_came_in(advisor, manager, clock):
    complaint = make_complaint(owner=advisor)
    clock.move_to(MONDAY + timedelta(hours=20))

    rate_complaint(complaint_id=complaint.pk, severity="CRITICAL", actor=actor_of(manager))

    complaint.refresh_from_db()
    assert local(complaint.reply_due_at) == "11 17:00"
    with pytest.raises(NotPermitted):
        rate_complaint(complaint_id=complaint.pk, severity="NORMAL", actor=actor_of(advisor))


def test_one_that_is_nobodys_is_told_to_those_who_give_out_and_then_to_the_chosen(
    store, advisor, manager, clock
):
    customer = make_customer(owner=advisor)
    desk = make_staff("receptionist", store=store)
    complaint = register_complaint(
        actor=actor_of(desk),
        customer_id=customer.pk,
        store_id=store.pk,
        kind="ATTITUDE",
        title="前台无人接待",
    )

    assert complaint.state == "NEW"
    assert complaint.number.startswith(f"{store.code}-CP-202605-")
    assert told(manager) == ["care.complaint_received"]
    dispatch_complaint(complaint_id=complaint.pk, owner_id=advisor.pk, actor=actor_of(manager))
    assert "care.complaint_given" in told(advisor)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.owner) == ("IN_HAND", advisor)


def test_the_list_shows_words_and_no_objects(group, store, advisor, manager, client_of, clock):
    make_complaint(owner=advisor)

    page = client_of(group, manager.user).get("/care/complaints/").content.decode()

    assert "交车延期" in page
    assert "bound method" not in page


def test_the_first_reply_stops_the_first_clock_and_notes_do_not(advisor, clock):
    complaint = make_complaint(owner=advisor)
    actor = actor_of(advisor)
    add_step(complaint_id=complaint.pk, kind="NOTE", text="查合同", actor=actor)
    complaint.refresh_from_db()
    assert complaint.first_reply_at is None

    add_step(complaint_id=complaint.pk, kind="REPLY", text="已致电", actor=actor)
    clock.move_to(MONDAY + timedelta(hours=1))
    add_step(complaint_id=complaint.pk, kind="REPLY", text="再次致电", actor=actor)

    complaint.refresh_from_db()
    assert complaint.first_reply_at == MONDAY
    with pytest.raises(Invalid):
        add_step(complaint_id=complaint.pk, kind="GRANTED", text="x", actor=actor)
    with pytest.raises(Invalid):
        add_step(complaint_id=complaint.pk, kind="NOTE", text="  ", actor=actor)
    assert complaint.steps.count() == 4


def test_a_satisfied_customer_closes_it_and_a_dissatisfied_one_opens_it_again(
    advisor, manager, clock
):
    complaint = make_complaint(owner=advisor)
    actor = actor_of(advisor)
    solve_complaint(complaint_id=complaint.pk, text="三天内交车", actor=actor)
    with pytest.raises(ComplaintStateError):
        solve_complaint(complaint_id=complaint.pk, text="又一次", actor=actor)
    with pytest.raises(Invalid):
        confirm_solution(complaint_id=complaint.pk, satisfaction=2, actor=actor)
    due = Complaint.objects.get().close_due_at
    clock.move_to(MONDAY + timedelta(days=1))

    confirm_solution(complaint_id=complaint.pk, satisfaction=2, note="还是没车", actor=actor)

    complaint = Complaint.objects.get()
    assert (complaint.state, complaint.reopen_count) == ("IN_HAND", 1)
    assert complaint.close_due_at > due
    assert "care.complaint_reopened" in told(manager)
    solve_complaint(complaint_id=complaint.pk, text="今天交车", actor=actor)
    confirm_solution(complaint_id=complaint.pk, satisfaction=5, actor=actor)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.satisfaction) == ("CLOSED", 5)
    reopen_complaint(complaint_id=complaint.pk, reason="又出问题", actor=actor)
    complaint.refresh_from_db()
    assert (complaint.state, complaint.reopen_count) == ("IN_HAND", 2)


def test_what_is_late_is_told_once_for_each_clock(advisor, manager, clock):
    complaint = make_complaint(owner=advisor)
    assert tell_of_late_complaints() == 0
    clock.move_to(complaint.reply_due_at + timedelta(minutes=1))

    assert tell_of_late_complaints() == 1
    assert tell_of_late_complaints() == 0
    clock.move_to(complaint.close_due_at + timedelta(minutes=1))
    assert tell_of_late_complaints() == 1

    assert told(manager).count("care.complaint_late") == 2
    assert told(advisor).count("care.complaint_late") == 2
    assert complaint.steps.filter(kind="ESCALATED").count() == 2
    assert tell_of_late_complaints() == 0


def test_a_compensation_is_granted_when_it_is_approved_and_not_before(advisor, manager, clock):
    complaint = make_complaint(owner=advisor)
    actor = actor_of(advisor)

    offer_compensation(
        complaint_id=complaint.pk, amount=Decimal("500.00"), text="保养券", actor=actor
    )

    complaint.refresh_from_db()
    assert complaint.compensation_amount == 0
    with pytest.raises(ComplaintStateError):
        solve_complaint(complaint_id=complaint.pk, text="送券", actor=actor)
    approve(approval_id=ApprovalRequest.objects.get().pk, actor=actor_of(manager))
    complaint.refresh_from_db()
    assert complaint.compensation_amount == Decimal("500.00")
    offer_compensation(
        complaint_id=complaint.pk, amount=Decimal("300.00"), text="再加", actor=actor
    )
    request = ApprovalRequest.objects.order_by("-pk").first()
    reject(approval_id=request.pk, reason="够了", actor=actor_of(manager))
    complaint.refresh_from_db()
    assert complaint.compensation_amount == Decimal("500.00")
    assert complaint.steps.filter(kind="DECLINED", amount=300).exists()
    solve_complaint(complaint_id=complaint.pk, text="送券", actor=actor)


def test_without_a_flow_a_compensation_is_granted_at_once(advisor, clock):
    flow = ApprovalFlow.objects.get(kind="care.compensation")
    retire_flow(flow_id=flow.pk, actor=SYSTEM)
    complaint = make_complaint(owner=advisor)

    offer_compensation(
        complaint_id=complaint.pk, amount=Decimal(80), text="洗车", actor=actor_of(advisor)
    )

    complaint.refresh_from_db()
    assert complaint.compensation_amount == 80
    with pytest.raises(Invalid):
        offer_compensation(
            complaint_id=complaint.pk, amount=Decimal(0), text="无", actor=actor_of(advisor)
        )


def test_what_others_answer_for_is_out_of_an_advisors_sight(store, advisor, clock):
    complaint = make_complaint(owner=advisor)
    colleague = actor_of(make_staff(store=store))

    with pytest.raises(NotFound):
        add_step(complaint_id=complaint.pk, kind="NOTE", text="x", actor=colleague)
    with pytest.raises(Invalid):
        dispatch_complaint(
            complaint_id=complaint.pk, owner_id=make_staff(store=make_store()).pk, actor=SYSTEM
        )
    assert complaint.steps.count() == 1


def test_steps_are_only_added_and_a_closed_complaint_has_its_stars(advisor, clock):
    complaint = make_complaint(owner=advisor)

    for change in ({"state": "CLOSED"}, {"satisfaction": 3}, {"compensation_amount": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Complaint.objects.filter(pk=complaint.pk).update(**change)
    assert ComplaintStep.append_only


def test_it_stands_on_the_customers_timeline_also_after_a_merge(advisor, clock):
    complaint = make_complaint(owner=advisor)
    kept = make_customer(owner=advisor)

    merge_customers(kept_id=kept.pk, merged_id=complaint.customer_id, actor=SYSTEM)

    items, _older = timeline(customer_id=kept.pk, actor=SYSTEM)
    assert any(complaint.number in getattr(item.row, "text", "") for item in items)


def test_figures_by_kind_store_and_person(advisor, clock):
    other = make_staff(store=advisor.home_store, name="王强")
    for owner, kind in ((advisor, "DELIVERY"), (advisor, "PARTS"), (other, "PARTS")):
        complaint = make_complaint(owner=owner, kind=kind)
    solve_complaint(complaint_id=complaint.pk, text="到货", actor=SYSTEM)
    confirm_solution(complaint_id=complaint.pk, satisfaction=4, actor=SYSTEM)
    clock.move_to(MONDAY + timedelta(days=30))

    def by(dimension):
        table = counted.compare(
            figures.COMPLAINT_FIGURES,
            actor=SYSTEM,
            by=dimension,
            period=Period(date(2026, 5, 1), date(2026, 5, 31)),
            compared=Period(date(2026, 4, 1), date(2026, 4, 30)),
        )
        return {line.name: line.answers for line in table.lines}

    assert by("person")["李娜"]["complaints_late"].value == 2
    assert by("person")["王强"]["complaints_solved_in_time"].value == 1
    assert by("person")["王强"]["complaints_satisfied"].value == 1
    assert sorted(line["complaints"].value for line in by("complaint_kind").values()) == [1, 2]
    assert [line["complaints"].value for line in by("store").values()] == [3]


def test_the_pages_and_the_way_through_them(
    group, client_of, advisor, manager, clock, django_assert_max_num_queries
):
    customer = make_customer(owner=advisor, name="王芳")
    browser = client_of(group, manager.user)
    form = {
        "customer_id": customer.pk,
        "store_id": advisor.home_store_id,
        "kind": "PARTS",
        "channel": "PHONE",
        "severity": "SERIOUS",
        "title": "配件等了三周",
    }
    refused = browser.post(care("complaint_create"), {**form, "title": ""})
    assert refused.status_code == 422
    assert not Complaint.objects.exists()

    browser.post(care("complaint_create"), form)

    complaint = Complaint.objects.get()
    page = browser.get(care("complaint_detail", complaint.pk))
    assert "王芳" in page.content.decode()
    for name in ("step", "dispatch", "rate", "compensate", "solve", "confirm", "reopen"):
        assert browser.get(care(f"complaint_{name}", complaint.pk)).status_code == 200
    browser.post(care("complaint_solve", complaint.pk), {"text": "已到货"})
    browser.post(care("complaint_confirm", complaint.pk), {"satisfaction": "5", "note": ""})
    complaint.refresh_from_db()
    assert complaint.state == "CLOSED"
    for _number in range(4):
        make_complaint(owner=advisor)
    browser.get(care("complaint_list"))
    with django_assert_max_num_queries(12):
        assert browser.get(care("complaint_list")).status_code == 200
    with django_assert_max_num_queries(12):
        assert browser.get(care("complaint_detail", complaint.pk)).status_code == 200
    assert browser.get(care("figures")).status_code == 200
    actions = AuditEntry.objects.filter(subject_kind="care.complaint").values_list("action")
    assert {action for (action,) in actions} >= {"complained", "solved", "settled"}


def care(name, *args):
    return reverse(f"care:{name}", args=args, urlconf="forecourt.config.urls_group")
