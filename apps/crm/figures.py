"""The figures of the sales floor, each with its formula, and what they are told apart by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim, TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.models import Customer, FollowUp, Lead, Opportunity, TestDrive, Visit
from apps.crm.models.opportunities import told_competitors
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.customers import Lifecycle
from apps.crm.rules.leads import LEAD_SOURCES, LeadState
from apps.crm.rules.opportunities import BETWEEN_KEPT, LOST_REASONS, WON_STAGES, Stage
from apps.crm.rules.test_drives import TestDriveState
from apps.crm.rules.visits import VisitState
from apps.organisation import departments
from apps.organisation import queries as organisation
from forecourt.kernel.clock import now
from forecourt.kernel.counted import (
    MONTH,
    Count,
    CountedFigure,
    Dimension,
    FigureSet,
    Minutes,
    Rows,
    declare,
    declare_dimension,
)
from forecourt.kernel.option_lists import values as options

STORE, TEAM, ADVISOR, SOURCE, SERIES = "store", "team", "advisor", "source", "series"
REASON, COMPETITOR = "lost_reason", "competitor"


# --- What tells rows apart ------------------------------------------------------------------------


def _stores(keys: Collection[Any]) -> Mapping[Any, str]:
    return {pk: store.name for pk, store in organisation.stores_by_id(keys).items()}


def _options(list_code: str) -> Callable[[Collection[Any]], Mapping[Any, str]]:
    return lambda keys: {key: options.label(list_code, key) for key in keys}


def _competitors(keys: Collection[Any]) -> Mapping[Any, str]:
    return {key: told_competitors(key) for key in keys}


for _dimension in (
    Dimension(STORE, _("Store"), _stores, int),
    Dimension(TEAM, _("Team"), departments.names_of, int),
    Dimension(ADVISOR, _("Advisor"), organisation.names_of_staff, int),
    Dimension(SOURCE, _("Source"), _options(LEAD_SOURCES)),
    Dimension(SERIES, _("Series")),
    Dimension(REASON, _("Lost reason"), _options(LOST_REASONS)),
    Dimension(COMPETITOR, _("Competitor"), _competitors),
):
    declare_dimension(_dimension)


def _wish(*lookups: str) -> Any:
    """Brand and series of the first of these that names any; nothing rather than an empty text."""
    first, *others = (
        NullIf(
            Trim(
                Concat(
                    F(f"{lookup}brand"),
                    Value(" "),
                    F(f"{lookup}series"),
                    output_field=TextField(),
                )
            ),
            Value(""),
            output_field=TextField(),
        )
        for lookup in lookups
    )
    return Coalesce(first, *others) if others else first


def _stated(field: str) -> Any:
    return NullIf(F(field), Value(""), output_field=TextField())


def _first_competitor() -> Any:
    """A deal is lost to one: where several are named, to the first of them."""
    first = Func(F("competitor"), Value(BETWEEN_KEPT), Value(1), function="split_part")
    return NullIf(first, Value(""), output_field=TextField())


def _on_the_day(field: str) -> Any:
    """The calendar day of a moment, by the clock of the group."""
    return TruncDate(field, tzinfo=ZoneInfo(settings.TIME_ZONE))


LEADS = Rows(
    Lead,
    F("received_date"),
    {
        STORE: F("store_id"),
        TEAM: F("owner__department_id"),
        ADVISOR: F("owner_id"),
        SOURCE: _stated("source"),
        SERIES: _wish(""),
    },
    page="crm:lead_list",
)
OPPORTUNITY_APART = {
    STORE: F("store_id"),
    TEAM: F("owner__department_id"),
    ADVISOR: F("owner_id"),
    SOURCE: Coalesce(_stated("lead__source"), _stated("customer__source")),
    SERIES: _wish(""),
}
OPENED = Rows(Opportunity, F("opened_date"), OPPORTUNITY_APART, page="crm:opportunity_list")
WON = Rows(Opportunity, F("won_date"), OPPORTUNITY_APART, page="crm:opportunity_list")
LOST = Rows(
    Opportunity,
    _on_the_day("lost_at"),
    {**OPPORTUNITY_APART, REASON: _stated("lost_reason"), COMPETITOR: _first_competitor()},
    page="crm:opportunity_list",
)
MET_APART = {
    STORE: F("store_id"),
    TEAM: F("advisor__department_id"),
    ADVISOR: F("advisor_id"),
    SOURCE: Coalesce(
        _stated("lead__source"), _stated("opportunity__lead__source"), _stated("customer__source")
    ),
    SERIES: _wish("opportunity__", "lead__"),
}
VISITS = Rows(Visit, F("arrived_date"), MET_APART, page="crm:visit_list")
DRIVES = Rows(TestDrive, F("driven_date"), MET_APART, page="crm:test_drive_list")
PLANNED = Rows(
    FollowUp,
    _on_the_day("due_at"),
    {
        **MET_APART,
        TEAM: F("owner__department_id"),
        ADVISOR: F("owner_id"),
    },
    page="crm:follow_up_list",
)
CUSTOMERS = Rows(
    Customer,
    _on_the_day("created_at"),
    {
        STORE: F("home_store_id"),
        TEAM: F("owner__department_id"),
        ADVISOR: F("owner_id"),
        SOURCE: _stated("source"),
    },
    page="crm:customer_list",
)


# --- What is counted ------------------------------------------------------------------------------


def _valid() -> Q:
    return ~Q(state__in=(LeadState.INVALID, LeadState.MERGED))


def _contacted() -> Q:
    return Q(state__in=(LeadState.CONTACTED, LeadState.QUALIFIED))


def _visited() -> Q:
    """Of leads: their customer came to the showroom for this lead or for what came of it."""
    came = Visit.objects.exclude(state=VisitState.VOID)
    by_lead = came.filter(lead__isnull=False).values("lead_id")
    by_deal = came.filter(opportunity__lead__isnull=False).values("opportunity__lead_id")
    return _valid() & (Q(pk__in=by_lead) | Q(pk__in=by_deal))


def _clocked() -> Q:
    return _valid() & Q(response_due_at__isnull=False)


def _answered_in_time() -> Q:
    return _clocked() & Q(first_response_at__lte=F("response_due_at"))


def _answered_late() -> Q:
    """Answered after the time, or still not answered though it has passed."""
    waits = Q(first_response_at__isnull=True, response_due_at__lt=now())
    return _clocked() & (Q(first_response_at__gt=F("response_due_at")) | waits)


def _waiting() -> Q:
    return Q(state=LeadState.ASSIGNED, first_response_at__isnull=True, response_due_at__lt=now())


def _done_in_time() -> Q:
    """Done on the day for which it was planned at the latest."""
    in_time = LessThanOrEqual(_on_the_day("completed_at"), _on_the_day("due_at"))
    return Q(state=FollowUpState.DONE) & Q(in_time)


def _overdue() -> Q:
    """Done after its day, or not done though its time has passed."""
    too_late = GreaterThan(_on_the_day("completed_at"), _on_the_day("due_at"))
    done_late = Q(state=FollowUpState.DONE) & Q(too_late)
    return done_late | Q(state=FollowUpState.OPEN, due_at__lt=now())


valid_leads = Count(LEADS, _valid)
clocked_leads = Count(LEADS, _clocked)
opened = Count(OPENED)
won = Count(WON, lambda: Q(stage__in=WON_STAGES))
lost = Count(LOST, lambda: Q(stage=Stage.LOST))
visits = Count(VISITS, lambda: ~Q(state=VisitState.VOID))
drives = Count(DRIVES, lambda: Q(state=TestDriveState.RETURNED))
planned = Count(PLANNED)


FUNNEL = FigureSet(
    "funnel",
    _("Sales floor"),
    _("From the enquiry to the order."),
    (
        declare(
            CountedFigure(
                "valid_leads",
                _("Valid leads"),
                _("Leads received in the period, without those that are invalid or were merged."),
                valid_leads,
            )
        ),
        declare(
            CountedFigure(
                "contact_rate",
                _("Contact rate"),
                _("Valid leads somebody has spoken with ÷ valid leads received in the period."),
                Count(LEADS, _contacted),
                valid_leads,
                unit="share",
            )
        ),
        declare(
            CountedFigure(
                "visit_rate",
                _("Visit rate"),
                _("Valid leads whose customer came to the showroom ÷ valid leads received."),
                Count(LEADS, _visited),
                valid_leads,
                unit="share",
            )
        ),
        declare(
            CountedFigure(
                "test_drive_rate",
                _("Test-drive rate"),
                _("Test drives that came back in the period ÷ visits in the period."),
                drives,
                visits,
                unit="share",
            )
        ),
        declare(
            CountedFigure(
                "opened",
                _("Opportunities opened"),
                _("Leads qualified in the period."),
                opened,
            )
        ),
        declare(
            CountedFigure(
                "won_rate",
                _("Won rate"),
                _("Deals ordered in the period ÷ opportunities opened in the period."),
                won,
                opened,
                unit="share",
            )
        ),
    ),
    apart=(STORE, TEAM, ADVISOR, SOURCE, SERIES, MONTH),
)
ANSWERS = FigureSet(
    "answers",
    _("Who answers late"),
    _("How long leads that came in the period waited for their first answer."),
    (
        declare(
            CountedFigure(
                "response_minutes",
                _("Lead response time"),
                _(
                    "Median of the minutes from the receipt of a lead to its first answer; half "
                    "were answered sooner. Nights count."
                ),
                Count(
                    LEADS,
                    lambda: _valid() & Q(first_response_at__isnull=False),
                    typical=Minutes("received_at", "first_response_at"),
                ),
                unit="minutes",
                good="down",
            )
        ),
        declare(
            CountedFigure(
                "answered_in_time",
                _("Answered in time"),
                _(
                    "Valid leads first answered within the time, which runs in business hours ÷ "
                    "valid leads with a time to answer."
                ),
                Count(LEADS, _answered_in_time),
                clocked_leads,
                unit="share",
            )
        ),
        declare(
            CountedFigure(
                "answered_late",
                _("Answered late"),
                _("Valid leads answered after the time, or not yet though it has passed."),
                Count(LEADS, _answered_late),
                good="down",
            )
        ),
        declare(
            CountedFigure(
                "waiting_late",
                _("Waiting now"),
                _("Leads of the period whose time has passed and that nobody has answered yet."),
                Count(LEADS, _waiting),
                good="down",
            )
        ),
    ),
    apart=(ADVISOR, TEAM, STORE, SOURCE, SERIES, MONTH),
)
FOLLOW_UPS = FigureSet(
    "follow_ups",
    _("Follow-ups"),
    _("Contacts that were planned for days of the period."),
    (
        declare(
            CountedFigure(
                "follow_ups_due",
                _("Follow-ups due"),
                _("Contacts planned for a day of the period."),
                planned,
            )
        ),
        declare(
            CountedFigure(
                "follow_ups_in_time",
                _("Done in time"),
                _("Done on their day at the latest ÷ contacts planned for the period."),
                Count(PLANNED, _done_in_time),
                planned,
                unit="share",
            )
        ),
        declare(
            CountedFigure(
                "follow_ups_overdue",
                _("Overdue"),
                _("Done after their day, or not done though their time has passed."),
                Count(PLANNED, _overdue),
                good="down",
            )
        ),
        declare(
            CountedFigure(
                "follow_ups_skipped",
                _("Skipped"),
                _("Left out with a reason, or settled because the deal was lost."),
                Count(PLANNED, lambda: Q(state=FollowUpState.SKIPPED)),
                good="down",
            )
        ),
    ),
    apart=(ADVISOR, TEAM, STORE, SOURCE, SERIES, MONTH),
)
LOSSES = FigureSet(
    "losses",
    _("Lost deals"),
    _(
        "Why deals were lost in the period, and to whom: the first competitor where several are "
        "named."
    ),
    (
        declare(
            CountedFigure(
                "lost",
                _("Deals lost"),
                _("Opportunities that were lost in the period and have not woken since."),
                lost,
                good="down",
            )
        ),
        declare(
            CountedFigure(
                "lost_share",
                _("Lost rate"),
                _("Deals lost in the period ÷ opportunities opened in the period."),
                lost,
                opened,
                unit="share",
                good="down",
            )
        ),
    ),
    apart=(REASON, COMPETITOR, STORE, TEAM, ADVISOR, SOURCE, SERIES, MONTH),
)
GROWTH = FigureSet(
    "growth",
    _("Customer growth"),
    _("Customers who became known in the period."),
    (
        declare(
            CountedFigure(
                "customers_new",
                pgettext_lazy("count", "New customers"),
                _("Customers entered in the period; two who were merged are one."),
                Count(CUSTOMERS),
            )
        ),
        declare(
            CountedFigure(
                "customers_bought",
                _("Of them, bought"),
                _("New customers of the period who have bought ÷ new customers of the period."),
                Count(CUSTOMERS, lambda: Q(lifecycle=Lifecycle.CUSTOMER)),
                Count(CUSTOMERS),
                unit="share",
            )
        ),
    ),
    apart=(STORE, TEAM, ADVISOR, SOURCE, MONTH),
)
SETS = (FUNNEL, ANSWERS, FOLLOW_UPS, LOSSES, GROWTH)
