"""What approvals are told of a loan, so that a group's flow can decide about it."""

from __future__ import annotations

from collections.abc import Iterable

from apps.approvals.actions.submission import fingerprint_of
from apps.approvals.subjects import Subject
from apps.loaners.models import Loan
from apps.loaners.queries import get_loan, list_loans, lock_loan
from apps.loaners.rules import days_of_loan
from forecourt.kernel.access import Actor, system_actor

KIND = "loaners.long_loan"
OFFERED_TO_TRY = 20


def subject_of(loan: Loan) -> Subject:
    return Subject(
        id=loan.pk,
        label=f"{loan.number} · {loan.customer.name}",
        store_id=loan.store_id,
        region_id=loan.store.region_id,
        facts={
            "days": days_of_loan(today=loan.lent_date, due_date=loan.due_date),
            "purpose": loan.purpose,
        },
        fingerprint=fingerprint_of(loan.state, loan.car_id, loan.customer_id, loan.due_date),
        summary=str(loan.car),
    )


def lock_loan_subject(loan_id: int) -> Subject:
    """The loan as it is now, its row locked. Raises NotFound."""
    return subject_of(lock_loan(loan_id=loan_id, actor=system_actor()))


def get_loan_subject(loan_id: int, actor: Actor) -> Subject:
    """Raises NotFound."""
    return subject_of(get_loan(loan_id=loan_id, actor=actor))


def recent_loans(actor: Actor) -> Iterable[tuple[int, str]]:
    rows = list_loans(actor).order_by("-pk")[:OFFERED_TO_TRY]
    return [(row.pk, f"{row.number} · {row.car}") for row in rows]
