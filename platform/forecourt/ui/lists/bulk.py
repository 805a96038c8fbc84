"""Acting on several rows: the module's own action, once for each, and a report of what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forecourt.kernel import jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError, Invalid
from forecourt.ui.forms import Form

NOW_AT_MOST = 200
SHOWN_REFUSALS = 5


@dataclass(frozen=True)
class BulkAction:
    """An action offered over chosen rows.

    ``run(row_id, actor, **form values)`` is called for each row in a transaction of its own; what
    it refuses (DomainError) is reported by row, the others stand. More than 200 rows go to ``job``,
    a kind of job whose params are ``{"ids": [...], **form values}``; without one they are refused.
    ``form`` is asked for its values first, in a dialog.
    """

    name: str
    label: Any
    run: Callable[..., Any]
    permission: str | None = None
    icon: str = "check"
    confirm: Any = ""
    is_danger: bool = False
    form: type[Form] | None = None
    job: str | None = None

    @property
    def asks_first(self) -> bool:
        """For templates: asked for the form itself, they would call its class."""
        return self.form is not None

    def is_open_to(self, actor: Actor) -> bool:
        return self.permission is None or actor.can(self.permission)


@dataclass
class Outcome:
    done: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def perform(
    action: BulkAction, ids: Sequence[int], actor: Actor, values: dict[str, Any]
) -> Outcome:
    """Run the action for each row. Raises Invalid for more rows than one request may take."""
    if len(ids) > NOW_AT_MOST:
        if action.job is None:
            raise Invalid(_("Choose at most %(count)s rows at a time.") % {"count": NOW_AT_MOST})
        jobs.start(action.job, {"ids": list(ids), **values}, actor)
        return Outcome()
    outcome = Outcome()
    for row_id in ids:
        try:
            action.run(row_id, actor, **values)
        except DomainError as refusal:
            outcome.refused.append((row_id, refusal.message))
        else:
            outcome.done += 1
    return outcome


def report(request: HttpRequest, outcome: Outcome, labels: dict[int, str]) -> None:
    """Tell the person what happened, as toasts."""
    if outcome.done:
        messages.success(
            request,
            ngettext("%(count)s row done.", "%(count)s rows done.", outcome.done)
            % {"count": outcome.done},
        )
    for row_id, reason in outcome.refused[:SHOWN_REFUSALS]:
        messages.error(request, f"{labels.get(row_id, row_id)}: {reason}")
    more = len(outcome.refused) - SHOWN_REFUSALS
    if more > 0:
        messages.error(
            request,
            ngettext("%(count)s more was refused.", "%(count)s more were refused.", more)
            % {"count": more},
        )
    if not outcome.done and not outcome.refused:
        messages.info(request, _("The work goes on in the background."))
