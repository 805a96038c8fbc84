"""Decisions about operators' acts that need no database."""

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

SHORTEST_REASON = 8
LONGEST_REASON = 500


def require_reason(reason: str) -> str:
    """The reason as it is kept: whoever reads the log must understand it. Raises Invalid."""
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        raise Invalid(
            _("Say why, in at least %(count)s characters.") % {"count": SHORTEST_REASON},
            field="reason",
        )
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            _("At most %(count)s characters.") % {"count": LONGEST_REASON}, field="reason"
        )
    return reason


def require_confirmed(slug: str, typed: str) -> None:
    """Raises Invalid unless the group's address was typed: it is this group that is meant."""
    if typed.strip().lower() != slug:
        raise Invalid(
            _("Enter %(slug)s, the group's address, to confirm.") % {"slug": slug},
            field="confirmation",
        )
