"""How soon a group answers and closes complaints."""

from django.utils.translation import gettext_lazy as _

from apps.care.rules.complaints import CLOSE_HOURS, REPLY_HOURS, Severity
from forecourt.kernel import numbering
from forecourt.kernel.group_settings import Level, NumberPerOption, Setting, declare

DISPATCH = "care.dispatch_complaint"

declare(
    Setting(
        "care.reply_hours",
        label=_("First reply to a complaint"),
        help=_("Business hours until the customer must have been answered, by severity."),
        kind=NumberPerOption(tuple(Severity.choices), 1, 200, unit=_("hours")),
        default={str(key): hours for key, hours in REPLY_HOURS.items()},
        levels=(Level.STORE,),
        permission=DISPATCH,
    ),
    Setting(
        "care.close_hours",
        label=_("Solution of a complaint"),
        help=_("Business hours until a solution must have been told, by severity."),
        kind=NumberPerOption(tuple(Severity.choices), 1, 2000, unit=_("hours")),
        default={str(key): hours for key, hours in CLOSE_HOURS.items()},
        levels=(Level.STORE,),
        permission=DISPATCH,
    ),
)

numbering.declare("CP", _("Complaints"))
