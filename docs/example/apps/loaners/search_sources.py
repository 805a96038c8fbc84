from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.loaners.queries import find_loans, list_loans
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register


def _loans(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    for loan in find_loans(list_loans(actor), query, actor).order_by("-id")[:limit]:
        yield Hit(
            title=f"{loan.number} · {loan.customer}",
            detail=f"{loan.car} · {loan.get_state_display()}",
            url=reverse("loaners:loan_detail", args=[loan.pk]),
            keys=(loan.number, loan.car.plate_number),
        )


register(
    SearchSource(
        name="loaners.loans",
        label=_("Loans of courtesy cars"),
        icon="car",
        permission="loaners.view_loan",
        find=_loans,
        custom_host="loan",
    )
)
