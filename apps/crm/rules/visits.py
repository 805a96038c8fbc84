"""Visitors in the showroom: why they come, how long they stay, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from apps.crm.errors import TransitionNotAllowed
from apps.crm.rules.identity import check_plate
from forecourt.kernel.errors import Invalid


class VisitState(TextChoices):
    PRESENT = "PRESENT", pgettext_lazy("visit", "In the showroom")
    LEFT = "LEFT", pgettext_lazy("visit", "Left")
    VOID = "VOID", pgettext_lazy("visit", "Entered by mistake")


VISIT_REASONS = "visit_reasons"
"""Option list: the group renames its values and adds its own (apps/crm/option_lists.py)."""


class VisitReason(StrEnum):
    """The built-in reasons."""

    LOOK = "LOOK"
    TEST_DRIVE = "TEST_DRIVE"
    NEGOTIATE = "NEGOTIATE"
    PICK_UP = "PICK_UP"
    SERVICE = "SERVICE"
    OTHER = "OTHER"


NOT_TO_BUY = frozenset({VisitReason.PICK_UP, VisitReason.SERVICE, VisitReason.OTHER})
"""Who comes for one of these wants no car now: no lead is made, and no advisor's turn is used."""

MOST_HEADS = 50


def wants_to_buy(reason: str) -> bool:
    """Whether somebody who comes for this is looked after as a buyer."""
    return reason not in NOT_TO_BUY


def cleaned_plate(raw: str) -> str:
    """``沪A12345`` for “沪a·12345”; empty for nothing. Raises Invalid for what is no plate."""
    if not raw.strip():
        return ""
    check = check_plate(raw)
    if check.errors:
        raise Invalid(check.errors[0].message, field="plate_number")
    return check.plate


def require_present(state: str) -> None:
    """Raises TransitionNotAllowed when the visit is over."""
    if state != VisitState.PRESENT:
        raise TransitionNotAllowed(_t("This visit is over already."))


@dataclass(frozen=True, slots=True)
class Turn:
    """A sales advisor in the line of those who receive visitors.

    ``last_turn_at`` is when she last received somebody by turn; customers who came for her are no
    turn. ``is_busy`` while she is with a visitor or out on a test drive.
    """

    staff_id: int
    name: str
    last_turn_at: datetime | None = None
    is_busy: bool = False
    is_away: bool = False


def line_up(people: Iterable[Turn]) -> list[Turn]:
    """In the order in which they receive the next visitors: whoever has waited longest is first.

    Those who are busy come after the free ones and keep their place: it is the time of the last
    turn that counts. Who is away today stands at the end.
    """
    return sorted(
        people,
        key=lambda turn: (
            turn.is_away,
            turn.is_busy,
            turn.last_turn_at or datetime.min.replace(tzinfo=UTC),
            turn.staff_id,
        ),
    )


def next_in_line(line: Iterable[Turn]) -> Turn | None:
    """Who receives the next visitor; None where nobody is there."""
    return next((turn for turn in line if not turn.is_away), None)
