"""Reads of courtesy cars and loans, each within the actor's sight."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.crm.queries import customers_found
from apps.loaners.models import Loan, LoanerCar
from apps.loaners.rules import OPEN_STATES, LoanState
from forecourt.kernel import clock
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound


def list_loans(actor: Actor) -> QuerySet[Loan]:
    return Loan.objects.visible_to(actor).select_related("car", "customer", "store", "lender")


def get_loan(*, loan_id: int, actor: Actor) -> Loan:
    """Raises NotFound."""
    loan = list_loans(actor).filter(pk=loan_id).first()
    if loan is None:
        raise NotFound(_("No such loan."))
    return loan


def lock_loan(*, loan_id: int, actor: Actor) -> Loan:
    """The loan, locked until the transaction ends. Raises NotFound."""
    loan = list_loans(actor).select_for_update(of=("self",)).filter(pk=loan_id).first()
    if loan is None:
        raise NotFound(_("No such loan."))
    return loan


def lock_car(*, car_id: int, actor: Actor) -> LoanerCar:
    """Locked, so that two who lend it come one after the other. Raises NotFound."""
    cars = LoanerCar.objects.visible_to(actor).select_related("store")
    car = cars.select_for_update(of=("self",)).filter(pk=car_id).first()
    if car is None:
        raise NotFound(_("No such car."))
    return car


def free_cars(actor: Actor) -> QuerySet[LoanerCar]:
    """Cars that stand in the stores for which the actor lends them."""
    taken = Loan.objects.filter(car=OuterRef("pk"), state__in=OPEN_STATES)
    return (
        LoanerCar.objects.visible_to(actor, "loaners.lend_car")
        .exclude(Exists(taken))
        .select_related("store")
        .order_by("name", "plate_number")
    )


def is_taken(car: LoanerCar) -> bool:
    return Loan.objects.filter(car=car, state__in=OPEN_STATES).exists()


def known_plates(plates: Collection[str]) -> set[str]:
    """Those of the plates that a courtesy car of the group has."""
    known = LoanerCar.objects.filter(plate_number__in=plates)
    return set(known.values_list("plate_number", flat=True))


def find_loans(loans: QuerySet[Loan], search: str, actor: Actor) -> QuerySet[Loan]:
    """Narrowed to a number, a plate, or a customer whom the actor finds by it."""
    return loans.filter(
        Q(number__startswith=search.upper())
        | Q(car__plate_number__icontains=search)
        | Q(customer__in=customers_found(search, actor))
    )


def overdue_loans() -> QuerySet[Loan]:
    return Loan.objects.filter(state=LoanState.LENT, due_date__lt=clock.today())


def has_overdue_loans() -> bool:
    return overdue_loans().exists()
