"""What people are told of approvals."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.registry import Event, declare

REQUEST = {
    "title": _("Subject"),
    "kind": _("Kind of request"),
    "submitter": _("Submitted by"),
    "reason": _("Reason"),
    "person": _("The colleague"),
}
PAGE = "approvals:approval_detail"

ASKED = declare(
    Event(
        code="approvals.asked",
        label=_("Something waits for my approval"),
        receivers=_("Those whose turn it is, and who stands in for them"),
        title=_("{submitter} asks for your approval: {title}"),
        title_many=_("{count} requests wait for your approval"),
        placeholders=REQUEST,
        link=PAGE,
        icon="circle-check",
        is_groupable=True,
    )
)
GRANTED = declare(
    Event(
        code="approvals.granted",
        label=_("My request was approved"),
        receivers=_("Who submitted it"),
        title=_("Approved: {title}"),
        placeholders=REQUEST,
        link=PAGE,
        icon="checks",
    )
)
REJECTED = declare(
    Event(
        code="approvals.rejected",
        label=_("My request was rejected"),
        receivers=_("Who submitted it"),
        title=_("Rejected: {title}"),
        body=_("{reason}"),
        placeholders=REQUEST,
        link=PAGE,
        icon="circle-x",
    )
)
RETURNED = declare(
    Event(
        code="approvals.returned",
        label=_("My request was returned for change"),
        receivers=_("Who submitted it"),
        title=_("Please change and submit again: {title}"),
        body=_("{reason}"),
        placeholders=REQUEST,
        link=PAGE,
        icon="arrow-back-up",
    )
)
REMINDED = declare(
    Event(
        code="approvals.reminded",
        label=_("I am reminded of an approval"),
        receivers=_("Those who have not decided yet"),
        title=_("Still waiting for your approval: {title}"),
        placeholders=REQUEST,
        link=PAGE,
        icon="clock",
    )
)
ESCALATED = declare(
    Event(
        code="approvals.escalated",
        label=_("An approval came to me because somebody is late"),
        receivers=_("Those whom the step names for that case"),
        title=_("{person} has not decided in time: {title}"),
        placeholders=REQUEST,
        link=PAGE,
        icon="trending-up",
    )
)
DELEGATED = declare(
    Event(
        code="approvals.delegated",
        label=_("Somebody asks me to decide in her place"),
        receivers=_("Who is to decide instead"),
        title=_("{person} asks you to decide: {title}"),
        placeholders=REQUEST,
        link=PAGE,
        icon="switch-horizontal",
    )
)
