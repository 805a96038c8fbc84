"""Where the module stands in the navigation, and how its states and history look."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.care.models import Complaint
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import details, tones

SECTION = _("Customers")

register(
    MenuEntry(
        label=_("Complaints"),
        url_name="care:complaint_list",
        icon="message-circle",
        section=SECTION,
        permission="care.view_complaint",
        order=27,
    ),
    MenuEntry(
        label=_("New complaint"),
        url_name="care:complaint_create",
        icon="plus",
        section=SECTION,
        permission="care.register_complaint",
        order=27,
        is_action=True,
    ),
    MenuEntry(
        label=_("Figures of complaints"),
        url_name="care:figures",
        icon="chart-bar",
        section=SECTION,
        permission="care.view_complaint",
        order=27,
        is_action=True,
    ),
)
tones.declare(
    Complaint,
    {"NEW": "accent", "IN_HAND": "warning", "SOLVED": "info", "CLOSED": "success"},
    field="state",
)
tones.declare(
    Complaint,
    {"NORMAL": "neutral", "SERIOUS": "warning", "CRITICAL": "danger"},
    field="severity",
)
details.register_verbs(
    {
        "complained": (pgettext_lazy("complaint", "Taken in"), "inbox", "accent"),
        "given out": (pgettext_lazy("complaint", "Given to somebody"), "switch-horizontal", "info"),
        "rated": (pgettext_lazy("complaint", "Severity changed"), "alert-triangle", "warning"),
        "noted": (pgettext_lazy("complaint", "Noted"), "edit", "neutral"),
        "compensation asked": (_("Compensation asked for"), "send", "info"),
        "compensated": (_("Compensation granted"), "circle-check", "success"),
        "compensation declined": (_("Compensation not granted"), "circle-x", "danger"),
        "solved": (pgettext_lazy("complaint", "Solution told"), "circle-check", "info"),
        "settled": (pgettext_lazy("complaint", "Customer satisfied"), "checks", "success"),
        "reopened": (pgettext_lazy("complaint", "Opened again"), "arrow-back-up", "danger"),
    }
)
details.register_verbs(
    {
        "replied": (pgettext_lazy("complaint", "Replied to the customer"), "message", "info"),
    },
    of="care",
)
