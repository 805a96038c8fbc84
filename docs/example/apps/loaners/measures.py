from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from apps.loaners.models import Loan
from apps.loaners.rules import LoanState
from forecourt.kernel.summaries import Measure, declare


def _recount() -> Iterable[tuple[int, date, int, Decimal]]:
    lent = Loan.objects.filter(state__in=(LoanState.LENT, LoanState.RETURNED)).order_by()
    for store_id, day, count in lent.values_list("store_id", "lent_date").annotate(n=Count("id")):
        yield store_id, day, count, Decimal("0.00")


declare(
    Measure(
        code="loans_lent",
        label=_("Courtesy cars lent"),
        formula=_("Loans, counted on the day on which the car was asked for."),
        recount=_recount,
        permission="loaners.view_loan",
        rows="loaners:loan_list",
    )
)
