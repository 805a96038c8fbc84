from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

LOAN = {"subject": "loaners.loan", "permission": "loaners.view_loan", "address": "api:loan"}

declare(
    FeedEvent("loan.lent", actions=("lent",), label=_("Courtesy car lent"), **LOAN),
    FeedEvent("loan.returned", actions=("returned",), label=_("Courtesy car returned"), **LOAN),
)
