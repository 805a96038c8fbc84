"""The figures of complaints, each with its formula, and what they are told apart by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.care.models import Complaint, late
from apps.care.rules.complaints import COMPLAINT_KINDS, ComplaintState, Severity
from apps.crm.figures import STORE
from apps.organisation import departments
from apps.organisation import queries as organisation
from forecourt.kernel.clock import now
from forecourt.kernel.counted import (
    MONTH,
    Count,
    CountedFigure,
    Dimension,
    FigureSet,
    Hours,
    Rows,
    declare,
    declare_dimension,
)
from forecourt.kernel.option_lists import values as options

KIND, SEVERITY, DEPARTMENT, PERSON = "complaint_kind", "severity", "department", "person"


def _kinds(keys: Collection[Any]) -> Mapping[Any, str]:
    return {key: options.label(COMPLAINT_KINDS, key) for key in keys}


def _severities(keys: Collection[Any]) -> Mapping[Any, str]:
    return {key: str(Severity(key).label) for key in keys}


for _dimension in (
    Dimension(KIND, _("Kind of complaint"), _kinds),
    Dimension(SEVERITY, _("Severity"), _severities),
    Dimension(DEPARTMENT, _("Department"), departments.names_of, int),
    Dimension(PERSON, _("Person responsible"), organisation.names_of_staff, int),
):
    declare_dimension(_dimension)

COMPLAINTS = Rows(
    Complaint,
    F("reported_date"),
    {
        KIND: F("kind"),
        SEVERITY: F("severity"),
        STORE: F("store_id"),
        DEPARTMENT: F("department_id"),
        PERSON: F("owner_id"),
    },
    page="care:complaint_list",
)


def _replied_in_time() -> Q:
    return Q(first_reply_at__lte=F("reply_due_at"))


def _solved_in_time() -> Q:
    return Q(solved_at__lte=F("close_due_at"), reopen_count=0)


def _reply_known() -> Q:
    """Answered, or late by now: of the others nobody knows yet."""
    return Q(first_reply_at__isnull=False) | Q(reply_due_at__lt=now())


def _solution_known() -> Q:
    return Q(solved_at__isnull=False) | Q(close_due_at__lt=now()) | Q(reopen_count__gt=0)


complaints = Count(COMPLAINTS)


def _share(
    code: str, label: Any, formula: Any, of: Callable[[], Q], over: Callable[[], Q] = Q, **more: Any
) -> CountedFigure:
    whole = complaints if over is Q else Count(COMPLAINTS, over)
    return declare(
        CountedFigure(code, label, formula, Count(COMPLAINTS, of), whole, unit="share", **more)
    )


COMPLAINT_FIGURES = FigureSet(
    "complaints",
    _("Complaints"),
    _("Complaints that came in in the period."),
    (
        declare(
            CountedFigure(
                "complaints",
                _("Complaints"),
                _("Complaints received in the period."),
                complaints,
                good="down",
            )
        ),
        declare(
            CountedFigure(
                "complaints_late",
                pgettext_lazy("complaints", "Late now"),
                _("Complaints of the period that are not solved and past a time limit."),
                Count(COMPLAINTS, late),
                good="down",
            )
        ),
        _share(
            "complaints_replied_in_time",
            _("Replied in time"),
            _("First replies within the time ÷ complaints replied to, or past the time."),
            _replied_in_time,
            _reply_known,
        ),
        _share(
            "complaints_solved_in_time",
            _("Solved in time"),
            _("Solved within the time and not opened again ÷ complaints solved, or past the time."),
            _solved_in_time,
            _solution_known,
        ),
        declare(
            CountedFigure(
                "complaint_hours",
                _("Time to the solution"),
                _("Median of the hours from the receipt to the solution; nights count."),
                Count(
                    COMPLAINTS,
                    lambda: Q(solved_at__isnull=False),
                    typical=Hours("reported_at", "solved_at"),
                ),
                unit="hours",
                good="down",
            )
        ),
        _share(
            "complaints_reopened",
            pgettext_lazy("complaints", "Opened again"),
            _("Complaints opened again at least once ÷ complaints received."),
            lambda: Q(reopen_count__gt=0),
            good="down",
        ),
        _share(
            "complaints_satisfied",
            _("Very satisfied"),
            _("Closed with four or five stars ÷ complaints closed."),
            lambda: Q(satisfaction__gte=4),
            lambda: Q(state=ComplaintState.CLOSED),
        ),
    ),
    apart=(KIND, STORE, PERSON, DEPARTMENT, SEVERITY, MONTH),
)
SETS = (COMPLAINT_FIGURES,)
