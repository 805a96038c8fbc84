from django.utils.translation import gettext_lazy as _

from apps.loaners.models import Loan
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import details, tones

register(
    MenuEntry(
        label=_("Courtesy cars"),
        url_name="loaners:loan_list",
        icon="car",
        section=_("Service"),
        permission="loaners.view_loan",
        order=400,
    ),
    MenuEntry(
        label=_("Lend a courtesy car"),
        url_name="loaners:loan_create",
        icon="car",
        permission="loaners.lend_car",
        order=400,
        is_action=True,
    ),
)
tones.declare(
    Loan,
    {"WAITING": "warning", "LENT": "info", "RETURNED": "success", "REFUSED": "danger"},
    field="state",
)
details.register_verbs(
    {
        "lent": (_("Lent"), "car", "info"),
        "returned": (_("Came back"), "circle-check", "success"),
        "refused": (_("Refused"), "x", "danger"),
    },
    of="loaners",
)
