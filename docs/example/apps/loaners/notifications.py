from django.utils.translation import gettext_lazy as _

from apps.notifications.registry import Event, declare

LOAN_OVERDUE = declare(
    Event(
        code="loaners.loan_overdue",
        label=_("A courtesy car that I lent is overdue"),
        receivers=_("Whoever lent it"),
        title=_("{car} should be back"),
        title_many=_("{count} courtesy cars should be back"),
        body=_("{customer} has it, due {due}"),
        placeholders={
            "car": _("Courtesy car"),
            "customer": _("Customer"),
            "due": _("Due back"),
        },
        link="loaners:loan_detail",
        icon="car",
        is_groupable=True,
    )
)
