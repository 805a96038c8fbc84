"""The platform's own log: who did what about which group, and why."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel.clock import now
from forecourt.operators.models import Operator, PlatformEntry

COMMAND = "manage.py"
VERBS = {
    "trial_extended": (_("Trial extended"), "calendar-event", "info"),
    "group_held": (pgettext_lazy("group", "Suspended"), "lock", "danger"),
    "group_let_go": (_("Suspension lifted"), "lock-open", "success"),
    "backup_ordered": (_("Backup started"), "archive", "info"),
    "copy_ordered": (_("Backup put into a new group"), "copy", "warning"),
    "group_entered": (_("Let into the group as support"), "heart-handshake", "warning"),
    "spaces_ordered": (_("Spaces ordered"), "database", "info"),
    "signed_in": (_("Signed in"), "login", "neutral"),
    "sign_in_failed": (_("Failed to sign in"), "alert-triangle", "danger"),
    "second_factor_added": (_("Second factor added"), "shield-lock", "success"),
    "second_factor_removed": (_("Second factor removed"), "shield", "danger"),
    "second_factor_failed": (_("Wrong code"), "alert-triangle", "danger"),
    "password_changed": (_("Password changed"), "password", "warning"),
    "password_reset": (_("Password set anew"), "password", "warning"),
    "operator_made": (_("Operator made"), "user-check", "success"),
    "operator_renewed": (_("Operator's access renewed"), "refresh", "warning"),
    "operator_ended": (_("Operator's access ended"), "user-x", "danger"),
}
"""(text, icon, tone) of each action that is recorded."""


@dataclass(frozen=True, slots=True)
class Acting:
    """An operator in a request: who acts, and from where."""

    operator: Operator
    address: str | None = None


def record(
    acting: Acting,
    action: str,
    *,
    schema_name: str = "",
    subject: str = "",
    reason: str = "",
    **facts: Any,
) -> None:
    """Append one entry; belongs in the transaction on ``control`` of what it tells."""
    PlatformEntry.objects.create(
        happened_at=now(),
        operator_id=acting.operator.user_id,
        operator_name=acting.operator.name,
        address=acting.address,
        action=action,
        schema_name=schema_name,
        subject=subject[:120],
        reason=reason,
        facts=facts,
    )


def record_of_command(action: str, *, subject: str, **facts: Any) -> None:
    """What somebody with a shell did."""
    PlatformEntry.objects.create(
        happened_at=now(),
        operator_name=COMMAND,
        action=action,
        subject=subject[:120],
        facts=facts,
    )
