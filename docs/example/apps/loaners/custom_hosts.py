from django.utils.translation import gettext_lazy as _

from apps.loaners.models import Loan
from forecourt.kernel.custom_fields import Host, register

register(
    Host(
        "loan",
        Loan,
        _("Loans of courtesy cars"),
        change="loaners.lend_car",
        url_name="loaners:loan_detail",
        list_url_name="loaners:loan_list",
    )
)
