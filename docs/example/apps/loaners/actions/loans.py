"""Lending a car and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals import actions as approvals
from apps.approvals.subjects import Outcome
from apps.crm.queries import find_by_phone
from apps.loaners import rules
from apps.loaners.actions.approval import KIND, subject_of
from apps.loaners.errors import CarTaken, NotLent
from apps.loaners.events import CarLent, CarReturned
from apps.loaners.models import Loan
from apps.loaners.queries import is_taken, lock_car, lock_loan
from apps.loaners.rules import PURPOSES, LoanState
from forecourt.kernel import audit, clock, custom_fields, events, summaries, text
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.numbering import next_number
from forecourt.kernel.option_lists import values as options

LOAN_NUMBER = "CL"


@transaction.atomic
def lend_car(
    *,
    car_id: int,
    phone: str,
    due_date: date,
    purpose: str,
    actor: Actor,
    licence_number: str = "",
    custom: Mapping[str, Any] | None = None,
) -> Loan:
    """Lend a car to the customer with this phone, at once or when a flow has approved it.

    Raises NotFound, NotPermitted, Invalid, CarTaken, and what custom values are refused for.
    """
    car = lock_car(car_id=car_id, actor=actor)
    actor.require("loaners.lend_car", store_id=car.store_id)
    customer = find_by_phone(text.normalise_phone(phone))
    if customer is None:
        raise Invalid(_("No customer has this phone."), field="phone")
    options.require(PURPOSES, purpose, field="purpose")
    today = clock.today(car.store.time_zone)
    rules.require_due_date(due_date, today=today)
    if is_taken(car):
        raise CarTaken(_("Somebody has this car."), field="car_id")
    loan = Loan.objects.create(
        number=next_number(LOAN_NUMBER, car.store.code, today),
        state=LoanState.WAITING,
        car=car,
        customer=customer,
        store=car.store,
        lender_id=actor.staff_id,
        purpose=purpose,
        licence_number=licence_number.strip(),
        lent_date=today,
        due_date=due_date,
    )
    changes = custom_fields.save_values(loan, custom, actor=actor, is_new=True)
    audit.record(actor, "created", loan, changes)
    longest = value_of("loaners.longest_days", store_id=car.store_id)
    if rules.days_of_loan(today=today, due_date=due_date) <= longest:
        return _hand_out(loan, actor)
    request = approvals.start(kind=KIND, subject=subject_of(loan), actor=actor)
    if request is None:
        raise Invalid(
            _("Cars are lent for at most %(count)s days here.") % {"count": longest},
            field="due_date",
        )
    return lock_loan(loan_id=loan.pk, actor=system_actor())


def _hand_out(loan: Loan, actor: Actor) -> Loan:
    loan.state = LoanState.LENT
    loan.save(update_fields=["state"])
    summaries.add("loans_lent", loan.store_id, loan.lent_date, quantity=1)
    audit.record(actor, "lent", loan)
    events.publish(CarLent(loan.pk, loan.customer_id, loan.store_id))
    return loan


def lend_by_flow(outcome: Outcome) -> None:
    """The last step of the group's flow is passed."""
    _hand_out(lock_loan(loan_id=outcome.subject_id, actor=system_actor()), outcome.actor)


def refuse_by_flow(outcome: Outcome) -> None:
    """An approver said no, or whoever asked took it back."""
    loan = lock_loan(loan_id=outcome.subject_id, actor=system_actor())
    loan.state = LoanState.REFUSED
    loan.save(update_fields=["state"])
    audit.record(outcome.actor, "refused", loan)


@transaction.atomic
def return_car(*, loan_id: int, actor: Actor) -> Loan:
    """The car is back. Raises NotFound, NotPermitted or NotLent."""
    loan = lock_loan(loan_id=loan_id, actor=actor)
    actor.require("loaners.lend_car", store_id=loan.store_id, owner_id=loan.lender_id)
    if loan.state != LoanState.LENT:
        raise NotLent(_("This car is not out."))
    loan.state = LoanState.RETURNED
    loan.returned_date = clock.today(loan.store.time_zone)
    loan.save(update_fields=["state", "returned_date"])
    audit.record(actor, "returned", loan)
    events.publish(CarReturned(loan.pk, loan.customer_id, loan.store_id))
    return loan
