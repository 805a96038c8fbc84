"""Opportunities: in sight, on the board."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Case, Count, F, Q, QuerySet, When

from apps.crm.hooks import Wanted
from apps.crm.models import Lead, Opportunity
from apps.crm.queries.customers import customers_found
from apps.crm.queries.rows import next_due, one
from apps.crm.rules.leads import LeadState
from apps.crm.rules.opportunities import OPEN_STAGES, WON_STAGES
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now

CARD = ("stage", "level", "brand", "series", "store_id", "customer__name", "owner__name")


def opportunity_of(lead: Lead) -> Opportunity | None:
    """What became of a qualified lead."""
    if lead.state != LeadState.QUALIFIED:
        return None
    return Opportunity.objects.filter(lead=lead).first()


def get_opportunity(*, opportunity_id: int, actor: Actor) -> Opportunity:
    """Raises NotFound."""
    return one(list_opportunities(actor), opportunity_id)


def list_opportunities(actor: Actor) -> QuerySet[Opportunity]:
    return (
        Opportunity.objects.visible_to(actor)
        .select_related("customer", "owner", "store", "lead")
        .annotate(next_due_at=next_due("opportunity"))
    )


def search_opportunities(
    opportunities: QuerySet[Opportunity], search: str, actor: Actor
) -> QuerySet[Opportunity]:
    """By the customer's name, pinyin or phone."""
    return opportunities.filter(customer__in=customers_found(search, actor))


def find_open_opportunities(actor: Actor, search: str) -> QuerySet[Opportunity]:
    """Open ones by the customer's name or phone, one's own first."""
    return (
        Opportunity.objects.visible_to(actor)
        .select_related("customer", "owner")
        .only("stage", "brand", "series", "customer__name", "owner__name")
        .filter(stage__in=OPEN_STAGES, customer__in=customers_found(search, actor))
        .order_by(Case(When(owner_id=actor.staff_id, then=0), default=1), "-id")
    )


def list_board(actor: Actor, won_days: int = 31, size: int = 500) -> QuerySet[Opportunity]:
    """What stands on the board, the urgent first, with no more than a card shows."""
    order = ("level", F("next_due_at").asc(nulls_last=True), "id")
    return _cards(_on_board(actor, won_days)).order_by(*order)[:size]


def get_card(*, opportunity_id: int, actor: Actor) -> Opportunity:
    """One of the board. Raises NotFound."""
    return one(_cards(Opportunity.objects.visible_to(actor)), opportunity_id)


def count_board(actor: Actor, won_days: int = 31) -> dict[str, int]:
    """How many stand in each stage of the board."""
    by_stage = _on_board(actor, won_days).order_by().values_list("stage")
    return dict(by_stage.annotate(count=Count("pk")))


def _on_board(actor: Actor, won_days: int) -> QuerySet[Opportunity]:
    """All that is open, and what was won of late."""
    since = now() - timedelta(days=won_days)
    return (
        Opportunity.objects.visible_to(actor)
        .in_focus(actor)
        .filter(Q(stage__in=OPEN_STAGES) | Q(stage__in=WON_STAGES, stage_changed_at__gte=since))
    )


def _cards(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    return (
        rows.select_related("customer", "owner")
        .only(*CARD)
        .annotate(next_due_at=next_due("opportunity"))
    )


def wanted_by(opportunity: Opportunity) -> list[Wanted]:
    """What to look for in the stock: what was chosen from the catalogue, else what was written."""
    chosen = [
        Wanted(key=(one.series_id, one.model_id), colour=one.colour or opportunity.colour)
        for one in opportunity.interested_in
    ]
    return chosen or [
        Wanted(colour=opportunity.colour, brand=opportunity.brand, series=opportunity.series)
    ]


def has_budgets() -> bool:
    """Whether any opportunity says what the customer would spend."""
    return Opportunity.objects.filter(budget_amount__isnull=False).exists()
