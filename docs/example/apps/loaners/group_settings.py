from django.utils.translation import gettext_lazy as _

from forecourt.kernel import numbering
from forecourt.kernel.group_settings import Level, Setting, WholeNumber, declare, declare_title

declare_title("loaners", _("Courtesy cars"))
declare(
    Setting(
        "loaners.longest_days",
        label=_("Longest loan"),
        help=_("Longer ones need an approval, where a flow for them is published."),
        kind=WholeNumber(1, 90, unit=_("days")),
        default=7,
        levels=(Level.STORE,),
    )
)
numbering.declare("CL", _("Loans of courtesy cars"))
