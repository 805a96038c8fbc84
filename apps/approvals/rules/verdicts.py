"""Whether a step applies to a subject, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.approvals.rules import conditions
from apps.approvals.rules.comparisons import in_words
from apps.approvals.rules.fields import Fields, restored
from apps.approvals.rules.steps import Step


@dataclass(frozen=True, slots=True)
class Verdict:
    """``text`` says why; ``is_broken`` where the condition could not be evaluated."""

    applies: bool
    text: str = ""
    is_broken: bool = False


def verdict(step: Step, fields: Fields, facts: Mapping[str, Any]) -> Verdict:
    """A step whose condition cannot be evaluated is required: it fails to the safe side."""
    if not step.condition:
        return Verdict(True)
    words = _words(step.condition, fields)
    try:
        holds = conditions.evaluate(step.condition, restored(fields, facts))
    except conditions.NotEvaluable as error:
        text = _("“%(condition)s” could not be evaluated (%(error)s): the step is required.")
        return Verdict(True, text % {"condition": words, "error": error}, is_broken=True)
    if holds:
        return Verdict(True, _("Because: %(condition)s.") % {"condition": words})
    return Verdict(False, _("Not the case: %(condition)s.") % {"condition": words})


def _words(condition: str, fields: Fields) -> str:
    """The condition in words; of a value that is not for everybody nothing is told."""
    named = conditions.names_in(condition)
    if any(fields[name].mask for name in named if name in fields):
        return _("a condition on values that not everybody may see")
    return in_words(condition, fields)
