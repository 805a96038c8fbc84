"""What a customer is given for her trouble, with the approval that the group's flow asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals import actions as approvals
from apps.approvals.actions.submission import fingerprint_of
from apps.approvals.rules.states import OPEN_STATES, RequestState
from apps.approvals.subjects import Outcome, Subject
from apps.care import queries
from apps.care.actions.steps import required_text, write_step
from apps.care.models import Complaint
from apps.care.rules import complaints as rules
from apps.care.rules.complaints import StepKind
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import Invalid

KIND = "care.compensation"
WORK = "care.work_complaint"
OFFERED_TO_TRY = 20
READ_AT_ONCE = 200


@transaction.atomic
def offer_compensation(*, complaint_id: int, amount: Decimal, text: str, actor: Actor) -> Complaint:
    """Ask for a compensation of ``amount`` in the group's currency; ``text`` says what it is.

    What was returned is submitted again. Where no flow is published it is granted at once. Raises
    Invalid, UnderApproval, ComplaintStateError, NotFound, NotPermitted.
    """
    complaint = queries.lock_complaint(complaint_id=complaint_id, actor=actor, permission=WORK)
    rules.require_unsolved(complaint.state)
    if amount <= 0:
        raise Invalid(_("A compensation is more than nothing."), field="amount")
    text = required_text(text, field="text")
    subject = _subject(complaint, amount, text)
    payload = {"amount": str(amount), "text": text}
    before = complaint.compensation_approval
    if before is not None and before.state == RequestState.RETURNED:
        request = approvals.resubmit(
            approval_id=before.pk, actor=actor, payload=payload, changed=subject
        )
    else:
        request = approvals.start(kind=KIND, subject=subject, actor=actor, payload=payload)
    if request is None:
        _grant(complaint, amount, text, actor)
        return complaint
    # Where no step applied it was granted already, on the row as it is in the database.
    complaint.refresh_from_db()
    complaint.compensation_approval = request
    complaint.save(update_fields=["compensation_approval"])
    write_step(complaint, StepKind.OFFERED, actor, text, amount)
    audit.record(
        actor,
        "compensation asked",
        complaint,
        {"compensation_amount": [None, str(amount)]},
        store_id=complaint.store_id,
    )
    return complaint


def is_compensation_open(complaint: Complaint) -> bool:
    """Whether one is asked for: with an approver, or returned to whoever asked."""
    request = complaint.compensation_approval
    return request is not None and request.state in OPEN_STATES


def is_compensation_waiting(complaint: Complaint) -> bool:
    """Whether an approver is asked for one at this moment."""
    request = complaint.compensation_approval
    return request is not None and request.state == RequestState.PENDING


def grant_by_flow(outcome: Outcome) -> None:
    """The compensation is approved."""
    complaint = _locked(outcome.subject_id)
    _grant(complaint, Decimal(outcome.payload["amount"]), outcome.payload["text"], outcome.actor)


def decline_by_flow(outcome: Outcome) -> None:
    """The compensation is refused, or no longer asked for."""
    complaint = _locked(outcome.subject_id)
    amount = Decimal(outcome.payload["amount"])
    write_step(complaint, StepKind.DECLINED, outcome.actor, outcome.reason, amount)
    audit.record(outcome.actor, "compensation declined", complaint, store_id=complaint.store_id)


def _grant(complaint: Complaint, amount: Decimal, text: str, actor: Actor) -> None:
    before = complaint.compensation_amount
    complaint.compensation_amount = before + amount
    complaint.save(update_fields=["compensation_amount"])
    write_step(complaint, StepKind.GRANTED, actor, text, amount)
    audit.record(
        actor,
        "compensated",
        complaint,
        {"compensation_amount": [str(before), str(complaint.compensation_amount)]},
        store_id=complaint.store_id,
    )


def _locked(complaint_id: int) -> Complaint:
    return queries.lock_complaint(complaint_id=complaint_id, actor=system_actor(), permission=WORK)


def lock_compensation_subject(complaint_id: int) -> Subject:
    """Raises NotFound."""
    return _subject(_locked(complaint_id))


def get_compensation_subject(complaint_id: int, actor: Actor) -> Subject:
    """Raises NotFound."""
    return _subject(queries.get_complaint(complaint_id=complaint_id, actor=actor))


def recent_complaints(actor: Actor) -> Iterable[tuple[int, str]]:
    rows = queries.list_complaints(actor).order_by("-pk")[:OFFERED_TO_TRY]
    return [(row.pk, f"{row.number} {row.title}") for row in rows]


def past_compensations(since: datetime) -> Iterator[tuple[Subject, int | None]]:
    """The complaints since then that were compensated."""
    rows = Complaint.objects.filter(reported_at__gte=since, compensation_amount__gt=0)
    for complaint in rows.select_related("customer", "store").order_by("pk").iterator(READ_AT_ONCE):
        yield _subject(complaint), complaint.owner_id


def _subject(complaint: Complaint, amount: Decimal | None = None, text: str = "") -> Subject:
    facts: dict[str, Any] = {
        "kind": complaint.kind,
        "severity": complaint.severity,
        "reopen_count": complaint.reopen_count,
        "amount": amount if amount is not None else complaint.compensation_amount,
    }
    return Subject(
        id=complaint.pk,
        label=f"{complaint.number} {complaint.title}",
        store_id=complaint.store_id,
        region_id=complaint.store.region_id,
        facts=facts,
        fingerprint=fingerprint_of(complaint.store_id, complaint.kind),
        summary=text or complaint.title,
        amount=facts["amount"],
    )
