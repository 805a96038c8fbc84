"""A lost deal is lost once a manager has confirmed it, as far as the group's flow says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from apps.approvals import actions as approvals
from apps.approvals.actions.submission import fingerprint_of
from apps.approvals.rules.states import OPEN_STATES, RequestState
from apps.approvals.subjects import Subject
from apps.crm import queries
from apps.crm.models import Opportunity
from apps.crm.models.opportunities import told_competitors
from apps.crm.rules.opportunities import LOST_REASONS
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.option_lists import values as options

KIND = "crm.lost_opportunity"
OFFERED_TO_TRY = 20
READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Loss:
    """Why a deal is lost, as the advisor says."""

    reason: str
    note: str
    competitor: str


def ask_for_confirmation(opportunity: Opportunity, loss: Loss, actor: Actor) -> bool:
    """Begin the flow that applies to a locked deal; False where there is none.

    What was returned is submitted again. Work of the system asks nobody. Raises UnderApproval.
    """
    if actor.is_system:
        return False
    before = opportunity.loss_approval
    if before is not None and before.state == RequestState.RETURNED:
        approvals.resubmit(
            approval_id=before.pk,
            actor=actor,
            payload=asdict(loss),
            changed=_subject(opportunity, loss),
        )
        return True
    request = approvals.start(
        kind=KIND, subject=_subject(opportunity, loss), actor=actor, payload=asdict(loss)
    )
    if request is None:
        return False
    Opportunity.objects.filter(pk=opportunity.pk).update(loss_approval_id=request.pk)
    return True


def is_loss_waiting(opportunity: Opportunity) -> bool:
    """Whether a manager is asked at this moment to confirm that the deal is lost."""
    request = opportunity.loss_approval
    return request is not None and request.state == RequestState.PENDING


def is_loss_open(opportunity: Opportunity) -> bool:
    """Whether the question is open: with a manager, or returned to the advisor."""
    request = opportunity.loss_approval
    return request is not None and request.state in OPEN_STATES


def give_up_loss(opportunity: Opportunity, actor: Actor) -> None:
    """The deal goes on: nobody need confirm any more that it is lost."""
    if opportunity.loss_approval_id is not None:
        approvals.close_with_subject(approval_id=opportunity.loss_approval_id, actor=actor)


def lock_opportunity(opportunity_id: int) -> Opportunity:
    """The deal, whoever asks, its row locked. Raises NotFound."""
    return queries.lock(
        Opportunity, pk=opportunity_id, actor=system_actor(), permission="crm.work_opportunity"
    )


def lock_loss_subject(opportunity_id: int) -> Subject:
    """Raises NotFound."""
    return _subject(lock_opportunity(opportunity_id))


def get_loss_subject(opportunity_id: int, actor: Actor) -> Subject:
    """Raises NotFound."""
    return _subject(queries.get_opportunity(opportunity_id=opportunity_id, actor=actor))


def recent_opportunities(actor: Actor) -> Iterable[tuple[int, str]]:
    rows = queries.list_opportunities(actor).order_by("-pk")[:OFFERED_TO_TRY]
    return [(row.pk, f"{row.customer.name} · {row}") for row in rows]


def past_losses(since: datetime) -> Iterator[tuple[Subject, int | None]]:
    """The deals that were lost since then, also those that nobody confirmed."""
    rows = Opportunity.objects.filter(lost_at__gte=since).select_related(
        "customer", "loss_approval"
    )
    for opportunity in rows.order_by("pk").iterator(READ_AT_ONCE):
        yield _subject(opportunity), opportunity.owner_id


def _said(loss: Loss | None) -> str:
    if loss is None:
        return ""
    competitor = told_competitors(loss.competitor)
    parts = (options.label(LOST_REASONS, loss.reason), competitor, loss.note)
    return " · ".join(part for part in parts if part)


def _subject(opportunity: Opportunity, loss: Loss | None = None) -> Subject:
    store = organisation.stores_by_id([opportunity.store_id])[opportunity.store_id]
    reason = loss.reason if loss else opportunity.lost_reason
    return Subject(
        id=opportunity.pk,
        label=f"{opportunity.customer.name} · {opportunity}",
        store_id=opportunity.store_id,
        region_id=store.region_id,
        brand=opportunity.brand,
        facts={
            "level": opportunity.level,
            "stage": opportunity.stage,
            "lost_reason": reason,
            "budget": opportunity.budget_amount,
            "has_trade_in": opportunity.has_trade_in,
        },
        fingerprint=fingerprint_of(
            opportunity.stage, opportunity.store_id, opportunity.brand, opportunity.series
        ),
        summary=_said(loss),
        amount=opportunity.budget_amount,
    )
