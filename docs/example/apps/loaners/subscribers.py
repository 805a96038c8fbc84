"""What this module adds to others: how the log calls its records, what keeps a store open."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.loaners.models import Loan
from apps.loaners.rules import OPEN_STATES
from apps.organisation import hooks, logbook

logbook.register_kind("loaners.loan", _("Loan of a courtesy car"), page="loaners:loan_detail")
logbook.register_kind("loaners.loanercar", _("Courtesy car"))


@hooks.closing_blocker
def cars_that_are_out(store_id: int) -> Iterator[hooks.Remainder]:
    """Somebody has to take them back."""
    count = Loan.objects.filter(store_id=store_id, state__in=OPEN_STATES).count()
    if count:
        address = f"{reverse('loaners:loan_list')}?store={store_id}"
        yield hooks.Remainder(_("Courtesy cars that are out"), count, address)
