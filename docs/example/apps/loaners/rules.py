"""What may be lent for how long; knows no database and no clock."""

from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from forecourt.kernel.errors import Invalid

PURPOSES = "loan_purposes"
"""The option list of what cars are lent for."""


class LoanState(TextChoices):
    WAITING = "WAITING", pgettext_lazy("loan", "Waits for approval")
    LENT = "LENT", pgettext_lazy("loan", "Lent")
    RETURNED = "RETURNED", pgettext_lazy("loan", "Returned")
    REFUSED = "REFUSED", pgettext_lazy("loan", "Refused")


OPEN_STATES = (LoanState.WAITING, LoanState.LENT)
"""While a loan is one of these nobody else gets the car."""


def require_due_date(due_date: date, *, today: date) -> None:
    """Raises Invalid for a day that has passed."""
    if due_date < today:
        raise Invalid(_t("This day has passed."), field="due_date")


def days_of_loan(*, today: date, due_date: date) -> int:
    return (due_date - today).days


def masked_licence(number: str) -> str:
    """``**************1234``: enough to compare with the card."""
    return f"{'*' * max(len(number) - 4, 4)}{number[-4:]}"
