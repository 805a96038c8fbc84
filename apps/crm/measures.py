"""The figures that this module keeps, by store and day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from apps.crm.models import Lead, Opportunity, TestDrive, Visit
from apps.crm.rules.opportunities import WON_STAGES
from apps.crm.rules.test_drives import TestDriveState
from apps.crm.rules.visits import VisitState
from forecourt.kernel.summaries import Measure, declare

Counts = Iterable[tuple[int, date, int, Decimal]]
NOTHING = Decimal("0.00")


def _leads_new() -> Counts:
    rows = Lead.objects.filter(store__isnull=False).order_by()
    yield from _counted(rows, "received_date")


def _opportunities_opened() -> Counts:
    yield from _counted(Opportunity.objects.order_by(), "opened_date")


def _leads_won() -> Counts:
    rows = Opportunity.objects.filter(stage__in=WON_STAGES).order_by()
    yield from _counted(rows, "won_date")


def _visits() -> Counts:
    yield from _counted(Visit.objects.exclude(state=VisitState.VOID).order_by(), "arrived_date")


def _test_drives() -> Counts:
    rows = TestDrive.objects.filter(state=TestDriveState.RETURNED).order_by()
    yield from _counted(rows, "driven_date")


def _counted(rows, day: str) -> Counts:
    for store_id, on_day, count in rows.values_list("store_id", day).annotate(n=Count("id")):
        yield store_id, on_day, count, NOTHING


declare(
    Measure(
        code="leads_new",
        label=_("New leads"),
        formula=_("Leads received, counted on the day they came, at the store that has them now."),
        recount=_leads_new,
        permission="crm.view_lead",
        rows="crm:lead_list",
    )
)
declare(
    Measure(
        code="opportunities_opened",
        label=_("Opportunities opened"),
        formula=_("Leads qualified, counted on the day of qualification."),
        recount=_opportunities_opened,
        permission="crm.view_opportunity",
        rows="crm:opportunity_list",
    )
)
declare(
    Measure(
        code="leads_won",
        label=_("Deals won"),
        formula=_("Opportunities ordered or delivered, counted on the day of the order."),
        recount=_leads_won,
        permission="crm.view_opportunity",
        rows="crm:opportunity_list",
    )
)
declare(
    Measure(
        code="visits",
        label=_("Visits"),
        formula=_("Parties that came to the showroom, counted on the day they came."),
        recount=_visits,
        permission="crm.view_visit",
        rows="crm:visit_list",
    )
)
declare(
    Measure(
        code="test_drives",
        label=_("Test drives"),
        formula=_("Test drives from which the car came back, counted on the day of the return."),
        recount=_test_drives,
        permission="crm.view_test_drive",
        rows="crm:test_drive_list",
    )
)
