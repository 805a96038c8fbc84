"""The states of requests and of those who are asked, and what can be written into the record."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.approvals.errors import RequestEnded


class RequestState(TextChoices):
    PENDING = "PENDING", pgettext_lazy("approval", "Under way")
    RETURNED = "RETURNED", _("Returned for change")
    APPROVED = "APPROVED", pgettext_lazy("approval", "Approved")
    REJECTED = "REJECTED", pgettext_lazy("approval", "Rejected")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


OPEN_STATES = (RequestState.PENDING, RequestState.RETURNED)


class TaskState(TextChoices):
    WAITING = "WAITING", pgettext_lazy("approval", "Waiting")
    APPROVED = "APPROVED", pgettext_lazy("approval", "Approved")
    REJECTED = "REJECTED", pgettext_lazy("approval", "Rejected")
    RETURNED = "RETURNED", _("Returned for change")
    DELEGATED = "DELEGATED", _("Given to somebody else")
    REPLACED = "REPLACED", _("Replaced")
    CLOSED = "CLOSED", _("No longer needed")


DECIDED = (TaskState.APPROVED, TaskState.REJECTED, TaskState.RETURNED)


class Why(TextChoices):
    """Why somebody is asked."""

    ROLE = "ROLE", _("by role")
    RIGHT = "RIGHT", _("by right")
    MANAGER = "MANAGER", _("manager of the submitter")
    PERSON = "PERSON", _("named in the step")
    FALLBACK = "FALLBACK", _("group owner, because nobody else was found")
    ESCALATION = "ESCALATION", _("because the time limit passed")
    DELEGATION = "DELEGATION", _("in place of a colleague")
    HANDOVER = "HANDOVER", _("successor of somebody who left")


class ActKind(TextChoices):
    """What the record of a request can hold."""

    SUBMITTED = "SUBMITTED", _("Submitted")
    RESUBMITTED = "RESUBMITTED", _("Submitted again")
    SKIPPED = "SKIPPED", _("Step skipped")
    UNREADABLE = "UNREADABLE", _("Condition could not be evaluated")
    NOBODY = "NOBODY", _("Nobody found")
    APPROVED = "APPROVED", pgettext_lazy("approval", "Approved")
    REJECTED = "REJECTED", pgettext_lazy("approval", "Rejected")
    RETURNED = "RETURNED", _("Returned for change")
    FINISHED = "FINISHED", _("Approval complete")
    DELEGATED = "DELEGATED", _("Given to somebody else")
    HANDED_OVER = "HANDED_OVER", _("Handed over")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")
    COMMENTED = "COMMENTED", _("Comment")
    ATTACHED = "ATTACHED", _("File added")
    REMINDED = "REMINDED", _("Reminded")
    ESCALATED = "ESCALATED", _("Escalated")
    LATE = "LATE", _("Time limit passed")


class OnReturn(TextChoices):
    """Where a request goes on after it was returned, changed and submitted again."""

    RESTART = "RESTART", _("Begins again with the first step")
    CONTINUE = "CONTINUE", _("Goes on with the step that returned it")


class VersionState(TextChoices):
    DRAFT = "DRAFT", _("Draft")
    PUBLISHED = "PUBLISHED", _("Published")
    RETIRED = "RETIRED", _("Replaced")


def require_pending(state: str) -> None:
    """Raises RequestEnded unless somebody may still decide."""
    texts = {
        RequestState.RETURNED: _t("This was returned for change; it waits for the submitter."),
        RequestState.APPROVED: _t("This is approved already."),
        RequestState.REJECTED: _t("This is rejected already."),
        RequestState.WITHDRAWN: _t("This was withdrawn by the submitter."),
    }
    if state != RequestState.PENDING:
        raise RequestEnded(texts[RequestState(state)])


def require_open(state: str) -> None:
    """Raises RequestEnded when the request has come to its end."""
    if state not in OPEN_STATES:
        require_pending(state)
