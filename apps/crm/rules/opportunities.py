"""The life of an opportunity: stages, intent levels, and why deals are lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.errors import TransitionNotAllowed


class IntentLevel(TextChoices):
    """How soon the customer means to buy: within 7, 15, 30 or 90 days."""

    H = "H", _("H · within 7 days")
    A = "A", _("A · within 15 days")
    B = "B", _("B · within 30 days")
    C = "C", _("C · within 90 days")


LEVEL_DAYS: dict[str, int] = {
    IntentLevel.H: 7,
    IntentLevel.A: 15,
    IntentLevel.B: 30,
    IntentLevel.C: 90,
}
"""Within so many days somebody of the level means to buy, until the group decides otherwise."""


class Stage(TextChoices):
    NEW = "NEW", pgettext_lazy("opportunity", "New")
    CONTACTED = "CONTACTED", pgettext_lazy("opportunity", "Contacted")
    VISITED = "VISITED", pgettext_lazy("opportunity", "Visited")
    TEST_DRIVEN = "TEST_DRIVEN", pgettext_lazy("opportunity", "Test-driven")
    QUOTED = "QUOTED", pgettext_lazy("opportunity", "Quoted")
    ORDERED = "ORDERED", pgettext_lazy("opportunity", "Ordered")
    DELIVERED = "DELIVERED", pgettext_lazy("opportunity", "Delivered")
    LOST = "LOST", pgettext_lazy("opportunity", "Lost")


class PaymentWay(TextChoices):
    UNKNOWN = "UNKNOWN", _("Undecided")
    FULL = "FULL", _("Full payment")
    LOAN = "LOAN", _("Loan")
    LEASE = "LEASE", _("Lease")


LOST_REASONS = "lost_reasons"
"""Option list: the group renames its values and adds its own (apps/crm/option_lists.py)."""


COMPETITORS = "competitors"
"""Option list of names: proposals for a free text, which is kept under the list's own spelling."""
BETWEEN_NAMES = re.compile(r"\s*[,，、;；]\s*")
"""What people type between the names of several competitors."""
BETWEEN_KEPT = "、"
"""What stands between them in the column."""
LONGEST_COMPETITORS = 100
"""Characters of all names together, as they are kept."""


class LostReason(StrEnum):
    """The built-in reasons."""

    PRICE = "PRICE"
    COMPETITOR_BRAND = "COMPETITOR_BRAND"
    COMPETITOR_STORE = "COMPETITOR_STORE"
    NO_STOCK = "NO_STOCK"
    FINANCE = "FINANCE"
    TRADE_IN = "TRADE_IN"
    POSTPONED = "POSTPONED"
    UNREACHABLE = "UNREACHABLE"
    SERVICE = "SERVICE"
    OTHER = "OTHER"


OPEN_STAGES = (Stage.NEW, Stage.CONTACTED, Stage.VISITED, Stage.TEST_DRIVEN, Stage.QUOTED)
WON_STAGES = (Stage.ORDERED, Stage.DELIVERED)
BOARD_STAGES = (*OPEN_STAGES, *WON_STAGES)

TRANSITIONS: dict[str, frozenset[str]] = {
    **{
        stage: frozenset({*OPEN_STAGES, Stage.ORDERED, Stage.LOST} - {stage})
        for stage in OPEN_STAGES
    },
    Stage.ORDERED: frozenset({Stage.QUOTED, Stage.DELIVERED, Stage.LOST}),
    Stage.DELIVERED: frozenset(),
    Stage.LOST: frozenset({Stage.CONTACTED}),
}
"""Open stages may be passed in any order. An order may fall through, a delivery stands, and a lost
deal may wake."""


def can_move(*, current: str, target: str) -> bool:
    return target in TRANSITIONS[current]


def require_move(*, current: str, target: str) -> None:
    """Raises TransitionNotAllowed."""
    if not can_move(current=current, target=target):
        raise TransitionNotAllowed(
            _t("An opportunity in the stage “%(current)s” cannot move to “%(target)s”.")
            % {"current": Stage(current).label, "target": Stage(target).label}
        )


def level_within(days: int, table: Mapping[str, int]) -> str:
    """The level of somebody who means to buy in so many days; the last for all that is later."""
    by_days = sorted(table.items(), key=lambda entry: entry[1])
    return next((level for level, most in by_days if days <= most), by_days[-1][0])


def is_won(stage: str) -> bool:
    return stage in WON_STAGES


def is_open(stage: str) -> bool:
    return stage in OPEN_STAGES


def stage_after(*, current: str, visited: bool, talked: bool, driven: bool = False) -> str:
    """Where a contact carries an opportunity by itself: never backwards, never past a drive."""
    if driven and current in (Stage.NEW, Stage.CONTACTED, Stage.VISITED):
        return Stage.TEST_DRIVEN
    if visited and current in (Stage.NEW, Stage.CONTACTED):
        return Stage.VISITED
    if talked and current == Stage.NEW:
        return Stage.CONTACTED
    return current
