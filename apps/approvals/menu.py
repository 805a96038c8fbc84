"""Where the module stands in the navigation, and how its states and history look."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.approvals.models import ApprovalFlow, ApprovalRequest
from apps.approvals.queries.waiting import waiting_count
from apps.approvals.rules.sentences import in_short
from forecourt.kernel.menu import Badge, MenuEntry, register
from forecourt.ui import details, tones

SECTION = _("Collaboration")

register(
    MenuEntry(
        label=_("Approvals"),
        url_name="approvals:waiting_list",
        icon="circle-check",
        section=SECTION,
        permission="approvals.view_request",
        order=15,
        on_phone_bar=True,
        badge=Badge("approvals:waiting_badge", lambda actor: waiting_count.peek(actor.staff_id)[1]),
    ),
    MenuEntry(
        label=_("Approval flows"),
        url_name="approvals:flow_list",
        icon="sitemap",
        section=SECTION,
        permission="approvals.view_flow",
        order=340,
        on_settings_page=True,
        description=_("Who approves what, in which order, and how long it may take"),
    ),
    MenuEntry(
        label=_("Submit a request"),
        url_name="approvals:approval_create",
        icon="send",
        section=SECTION,
        permission="approvals.submit_request",
        order=15,
        is_action=True,
    ),
    MenuEntry(
        label=_("Be away: let somebody decide for me"),
        url_name="approvals:absences",
        icon="calendar",
        section=SECTION,
        permission="approvals.view_request",
        order=16,
        is_action=True,
    ),
)
details.register_reading(ApprovalFlow, "steps", _("Steps"), in_short)
tones.declare(
    ApprovalRequest,
    {
        "PENDING": "info",
        "RETURNED": "warning",
        "APPROVED": "success",
        "REJECTED": "danger",
        "WITHDRAWN": "neutral",
    },
    field="state",
)
details.register_verbs(
    {
        "submitted": (_("Submitted"), "send", "info"),
        "approved step": (_("Step approved"), "circle-check", "success"),
        "delegated": (_("Delegated"), "user-check", "info"),
        "withdrawn": (_("Withdrawn"), "x", "neutral"),
        "pending": (_("Submitted again"), "send", "info"),
        "file added": (_("File added"), "paperclip", "neutral"),
        "absence planned": (_("Absence planned"), "calendar", "info"),
        "absence ended": (_("Absence ended"), "calendar", "info"),
        "draft discarded": (_("Draft discarded"), "trash", "warning"),
        "draft changed": (_("Draft changed"), "edit", "info"),
        "published": (_("Published"), "checks", "success"),
    }
)
details.register_verbs(
    {
        "returned": (_("Returned for change"), "arrow-back-up", "warning"),
        "retired": (_("No longer applies"), "archive", "warning"),
        "rejected": (pgettext_lazy("approval", "Rejected"), "circle-x", "danger"),
    },
    of="approvals",
)
details.register_words(
    {
        "file": _("File"),
        "step": _("Step"),
        "to": _("Delegated to"),
    }
)
