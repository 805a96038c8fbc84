from django.utils.translation import gettext_lazy as _

from apps.loaners.rules import PURPOSES
from forecourt.kernel.option_lists import Option, OptionList, register

register(
    OptionList(
        PURPOSES,
        _("What courtesy cars are lent for"),
        used_by=("loaners.Loan.purpose",),
        values=(
            Option("REPAIR", "维修代步", "While a car is repaired"),
            Option("WAITING", "待交车代步", "Until the new car arrives"),
            Option("OTHER", "其他", "Other", fixed=True),
        ),
    )
)
