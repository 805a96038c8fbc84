"""What people are told of complaints."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.registry import Event, declare

VALUES = {
    "complaint": _("Complaint no."),
    "customer": _("Customer"),
    "title": _("What it is about"),
    "severity": _("Severity"),
}
COMPLAINT_RECEIVED = declare(
    Event(
        code="care.complaint_received",
        label=_("A complaint came in"),
        receivers=_("Those who give out complaints in the store"),
        title=_("Complaint of {customer}: {title}"),
        body=_("{complaint}, {severity}"),
        placeholders=VALUES,
        link="care:complaint_detail",
        icon="alert-triangle",
        is_urgent=True,
    )
)
COMPLAINT_GIVEN = declare(
    Event(
        code="care.complaint_given",
        label=_("A complaint is given to me"),
        receivers=_("The person responsible"),
        title=_("Complaint of {customer} is yours: {title}"),
        body=_("{complaint}, {severity}"),
        placeholders=VALUES,
        link="care:complaint_detail",
        icon="alert-triangle",
        is_urgent=True,
    )
)
COMPLAINT_LATE = declare(
    Event(
        code="care.complaint_late",
        label=_("A complaint is late"),
        receivers=_("The person responsible, her manager, and those who give out complaints"),
        title=_("Complaint of {customer} is late: {title}"),
        body=_("{complaint}, {severity}; {what}"),
        placeholders={**VALUES, "what": _("What is due")},
        link="care:complaint_detail",
        icon="alert-triangle",
        is_urgent=True,
    )
)
COMPLAINT_REOPENED = declare(
    Event(
        code="care.complaint_reopened",
        label=_("A customer was not satisfied with the solution"),
        receivers=_("The person responsible and those who give out complaints"),
        title=_("{customer} is not satisfied: {title}"),
        body=_("{complaint}, {severity}"),
        placeholders=VALUES,
        link="care:complaint_detail",
        icon="alert-triangle",
    )
)
