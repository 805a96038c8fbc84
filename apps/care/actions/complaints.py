"""From the first word of a customer who is not content to her confirmation that it is settled."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.care import notifications as told
from apps.care import queries
from apps.care.actions.compensation import is_compensation_open
from apps.care.actions.steps import in_charge, required_text, tell, write_step
from apps.care.errors import ComplaintStateError
from apps.care.events import ComplaintClosed, ComplaintRegistered, ComplaintReopened
from apps.care.models import Complaint
from apps.care.rules import complaints as rules
from apps.care.rules.complaints import (
    COMPLAINT_CHANNELS,
    COMPLAINT_KINDS,
    ComplaintState,
    Severity,
    StepKind,
)
from apps.crm.queries import get_customer
from apps.organisation import queries as organisation
from apps.organisation.departments import get_department
from apps.organisation.opening import opening_hours
from apps.organisation.people import able_in
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.numbering import next_number
from forecourt.kernel.option_lists import values as options

NUMBER_KIND = "CP"
WORK, DISPATCH = "care.work_complaint", "care.dispatch_complaint"
LONGEST_TITLE, LONGEST_DESCRIPTION = 120, 4000


@transaction.atomic
def register_complaint(
    *,
    actor: Actor,
    customer_id: int,
    store_id: int,
    kind: str,
    title: str,
    channel: str = rules.ComplaintChannel.PHONE,
    severity: str = Severity.NORMAL,
    description: str = "",
    reference: str = "",
    department_id: int | None = None,
    owner_id: int | None = None,
) -> Complaint:
    """Take in what a customer is not content with; both clocks begin to run.

    Given to a department or a person it is in hand at once, else those who give out complaints in
    the store hear of it. Raises Invalid, NotFound, NotPermitted.
    """
    actor.require("care.register_complaint", store_id=store_id)
    store = organisation.get_working_store(store_id=store_id)
    customer = get_customer(customer_id=customer_id, actor=actor)
    options.require(COMPLAINT_KINDS, kind, field="kind")
    options.require(COMPLAINT_CHANNELS, channel, field="channel")
    _require_severity(severity)
    _require_place(department_id, owner_id, store_id)
    moment = now()
    complaint = Complaint(
        customer=customer,
        store=store,
        kind=kind,
        channel=channel,
        severity=severity,
        title=required_text(title, field="title", longest=LONGEST_TITLE),
        description=description.strip()[:LONGEST_DESCRIPTION],
        reference=reference.strip()[:80],
        received_by_id=actor.staff_id,
        department_id=department_id,
        owner_id=owner_id,
        state=ComplaintState.IN_HAND if department_id or owner_id else ComplaintState.NEW,
        reported_at=moment,
        reported_date=timezone.localdate(moment, ZoneInfo(store.time_zone)),
    )
    _set_clocks(complaint)
    complaint.number = next_number(NUMBER_KIND, store.code, complaint.reported_date)
    complaint.save()
    audit.record(
        actor, "complained", complaint, {"title": [None, complaint.title]}, store_id=store_id
    )
    if complaint.state == ComplaintState.IN_HAND:
        write_step(complaint, StepKind.DISPATCHED, actor, _place_of(complaint))
    events.publish(ComplaintRegistered(complaint.pk, customer.pk, store_id, kind, severity))
    if owner_id is not None:
        tell(told.COMPLAINT_GIVEN, complaint, actor, {owner_id})
    else:
        tell(told.COMPLAINT_RECEIVED, complaint, actor, in_charge(complaint))
    return complaint


@transaction.atomic
def dispatch_complaint(
    *,
    complaint_id: int,
    actor: Actor,
    department_id: int | None = None,
    owner_id: int | None = None,
    note: str = "",
) -> Complaint:
    """Give a complaint to a department, a person, or both.

    Raises Invalid, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=DISPATCH)
    rules.require_unsolved(complaint.state)
    if department_id is None and owner_id is None:
        raise Invalid(_("Choose a department or a person."), field="owner_id")
    _require_place(department_id, owner_id, complaint.store_id)
    before = {
        "department": complaint.department_id,
        "owner": complaint.owner_id,
        "state": complaint.state,
    }
    complaint.department_id, complaint.owner_id = department_id, owner_id
    complaint.state = ComplaintState.IN_HAND
    complaint.save(update_fields=["department", "owner", "state"])
    complaint = queries.get_complaint(complaint_id=complaint.pk, actor=system_actor())
    words = " · ".join(part for part in (_place_of(complaint), note.strip()) if part)
    write_step(complaint, StepKind.DISPATCHED, actor, words)
    after = {"department": department_id, "owner": owner_id, "state": complaint.state}
    audit.record(
        actor,
        "given out",
        complaint,
        audit.changes_between(before, after),
        store_id=complaint.store_id,
    )
    if owner_id is not None and owner_id != before["owner"]:
        tell(told.COMPLAINT_GIVEN, complaint, actor, {owner_id})
    return complaint


@transaction.atomic
def rate_complaint(*, complaint_id: int, severity: str, actor: Actor, note: str = "") -> Complaint:
    """Change how serious it is; what is due is reckoned anew from the day it came in.

    Raises Invalid, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=DISPATCH)
    rules.require_unsolved(complaint.state)
    _require_severity(severity)
    before = complaint.severity
    if severity == before:
        return complaint
    complaint.severity = severity
    _set_clocks(complaint)
    complaint.save(update_fields=["severity", "reply_due_at", "close_due_at"])
    change = f"{Severity(before).label} → {Severity(severity).label}"
    write_step(complaint, StepKind.RATED, actor, " · ".join(filter(None, (change, note.strip()))))
    audit.record(
        actor,
        "rated",
        complaint,
        {"severity": [before, severity]},
        store_id=complaint.store_id,
    )
    return complaint


@transaction.atomic
def add_step(*, complaint_id: int, kind: str, text: str, actor: Actor) -> Complaint:
    """Write down a reply to the customer or a note; the first reply stops the first clock.

    Raises Invalid, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=WORK)
    rules.require_open(complaint.state)
    if kind not in rules.ADDED_BY_HAND:
        raise Invalid(_("Choose one of the values offered."), field="kind")
    text = required_text(text, field="text")
    write_step(complaint, StepKind(kind), actor, text)
    if kind == StepKind.REPLY:
        _reply(complaint)
        audit.record(actor, "replied", complaint, store_id=complaint.store_id)
    else:
        audit.record(actor, "noted", complaint, store_id=complaint.store_id)
    return complaint


@transaction.atomic
def solve_complaint(*, complaint_id: int, text: str, actor: Actor) -> Complaint:
    """The customer was told the solution, which is a reply too; now she is asked about it.

    Raises Invalid, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=WORK)
    rules.require_unsolved(complaint.state)
    if is_compensation_open(complaint):
        raise ComplaintStateError(_("The compensation still waits for an approval."))
    text = required_text(text, field="text")
    if complaint.owner_id is None and complaint.department_id is None:
        complaint.owner_id = actor.staff_id
    complaint.state = ComplaintState.SOLVED
    complaint.solved_at = now()
    complaint.save(update_fields=["owner", "state", "solved_at"])
    _reply(complaint)
    write_step(complaint, StepKind.SOLVED, actor, text)
    audit.record(actor, "solved", complaint, store_id=complaint.store_id)
    return complaint


@transaction.atomic
def confirm_solution(
    *, complaint_id: int, satisfaction: int, actor: Actor, note: str = ""
) -> Complaint:
    """What the customer says to the solution, from one star to five.

    Whoever is satisfied closes it, whoever is not opens it again, with a new time to solve it.
    Raises Invalid, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=WORK)
    rules.require_solved(complaint.state)
    if not 1 <= satisfaction <= rules.BEST_SATISFACTION:
        raise Invalid(_("Choose one of the values offered."), field="satisfaction")
    if not rules.is_satisfied(satisfaction):
        _open_again(complaint, actor, required_text(note, field="note"))
        return complaint
    complaint.state = ComplaintState.CLOSED
    complaint.closed_at = now()
    complaint.satisfaction = satisfaction
    complaint.save(update_fields=["state", "closed_at", "satisfaction"])
    write_step(complaint, StepKind.CONFIRMED, actor, note.strip())
    audit.record(
        actor,
        "settled",
        complaint,
        {"satisfaction": [None, satisfaction]},
        store_id=complaint.store_id,
    )
    events.publish(
        ComplaintClosed(complaint.pk, complaint.customer_id, complaint.store_id, satisfaction)
    )
    return complaint


@transaction.atomic
def reopen_complaint(*, complaint_id: int, reason: str, actor: Actor) -> Complaint:
    """The customer comes back with a complaint that was settled.

    Raises Invalid, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=WORK)
    if complaint.state != ComplaintState.CLOSED:
        raise ComplaintStateError(_("Only a closed complaint is opened again."))
    _open_again(complaint, actor, required_text(reason, field="reason"))
    return complaint


def _open_again(complaint: Complaint, actor: Actor, reason: str) -> None:
    before = complaint.state
    complaint.state = ComplaintState.IN_HAND
    complaint.solved_at = complaint.closed_at = complaint.satisfaction = None
    complaint.close_late_told_at = None
    complaint.reopen_count += 1
    complaint.close_due_at = rules.due_at(
        since=now(),
        hours=_hours("care.close_hours", complaint),
        open_hours=opening_hours(complaint.store),
    )
    complaint.save(
        update_fields=[
            "state",
            "solved_at",
            "closed_at",
            "satisfaction",
            "close_late_told_at",
            "reopen_count",
            "close_due_at",
        ]
    )
    write_step(complaint, StepKind.REOPENED, actor, reason)
    audit.record(
        actor,
        "reopened",
        complaint,
        {"state": [before, complaint.state], "reason": [None, reason]},
        store_id=complaint.store_id,
    )
    events.publish(
        ComplaintReopened(
            complaint.pk, complaint.customer_id, complaint.store_id, complaint.reopen_count
        )
    )
    people = in_charge(complaint) | ({complaint.owner_id} if complaint.owner_id else set())
    tell(told.COMPLAINT_REOPENED, complaint, actor, people)


def _reply(complaint: Complaint) -> None:
    """The first word to the customer stops the first clock."""
    if complaint.first_reply_at is None:
        complaint.first_reply_at = now()
        complaint.save(update_fields=["first_reply_at"])


def _set_clocks(complaint: Complaint) -> None:
    """What is due, from when it came in; one who was answered has no first reply due."""
    for name, key in (("reply_due_at", "care.reply_hours"), ("close_due_at", "care.close_hours")):
        moment = rules.due_at(
            since=complaint.reported_at,
            hours=_hours(key, complaint),
            open_hours=opening_hours(complaint.store),
        )
        setattr(complaint, name, moment)


def _hours(key: str, complaint: Complaint) -> int:
    return int(value_of(key, store_id=complaint.store_id)[complaint.severity])


def _require_severity(severity: str) -> None:
    if severity not in Severity.values:
        raise Invalid(_("Choose one of the values offered."), field="severity")


def _require_place(department_id: int | None, owner_id: int | None, store_id: int) -> None:
    """A department in use of the store or of headquarters, and somebody who may work on it.

    Raises Invalid, NotFound.
    """
    if department_id is not None:
        department = get_department(department_id=department_id, actor=system_actor())
        if not department.is_active or department.store_id not in (None, store_id):
            raise Invalid(
                _("Choose a department of the store or of headquarters."), field="department_id"
            )
    able = {person.pk for person in able_in(WORK, store_id=store_id)} if owner_id else set()
    if owner_id is not None and owner_id not in able:
        raise Invalid(_("Choose somebody who may work on complaints."), field="owner_id")


def _place_of(complaint: Complaint) -> str:
    names = [complaint.department.name if complaint.department else ""]
    names.append(complaint.owner.name if complaint.owner else "")
    return " · ".join(name for name in names if name)
