from collections.abc import Iterable

from django.db.models import F

from apps.loaners.models import Loan
from apps.loaners.rules import LoanState
from forecourt.kernel.verify import Problem, check


@check("courtesy cars are with customers of their own stores' loans")
def _stores() -> Iterable[Problem]:
    for loan in Loan.objects.filter(state=LoanState.LENT).exclude(store=F("car__store")):
        yield Problem(f"loan {loan.number}", "its car belongs to another store")
