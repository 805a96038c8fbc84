"""Further enquiries of somebody whose lead is being worked: they join it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F, Q

from apps.crm.actions.clashes import Clash, note_clashes
from apps.crm.actions.enquiries import Enquiry
from apps.crm.events import LeadRepeated
from apps.crm.models import FollowUp, Interaction, Lead
from apps.crm.rules.contacts import FollowUpState, InteractionKind, InteractionResult
from apps.crm.rules.leads import OPEN_STATES, LeadState
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor


class LeadClosed(Exception):
    """The lead to be joined was closed a moment ago."""


def join_leads(
    joins: Mapping[int, Sequence[Enquiry]],
    leads: Mapping[int, Lead],
    *,
    actor: Actor,
    moment: datetime,
) -> list[tuple[Lead, Clash, Enquiry]]:
    """Raise the counts, keep each enquiry in the timeline, and pull the next contact nearer.

    ``joins`` holds the enquiries by lead, ``leads`` the rows. Answers the clashes of owners that
    came of it. Part of the caller's transaction. Raises LeadClosed.
    """
    _count(joins, leads)
    FollowUp.objects.filter(
        Q(lead__in=list(joins)) | Q(opportunity__lead__in=list(joins)),
        state=FollowUpState.OPEN,
        due_at__gt=moment,
    ).update(due_at=moment)
    joined = [(leads[lead_id], taken) for lead_id, repeats in joins.items() for taken in repeats]
    Interaction.objects.bulk_create(
        Interaction(
            customer_id=lead.customer_id,
            lead_id=lead.pk,
            store_id=lead.store_id,
            author_id=actor.staff_id,
            kind=InteractionKind.ENQUIRY,
            result=InteractionResult.CAME_IN,
            note=taken.message or " ".join(part for part in (taken.brand, taken.series) if part),
            happened_at=taken.received_at or moment,
            recorded_at=moment,
            source=taken.source,
            external_id=taken.external_id,
            payload=dict(taken.payload),
        )
        for lead, taken in joined
    )
    for lead, taken in joined:
        events.publish(LeadRepeated(lead.pk, lead.customer_id, taken.source))
    audit.append(
        [
            audit.entry(actor, "repeated", lead, {"source": [None, taken.source]})
            for lead, taken in joined
        ]
    )
    return note_clashes(joined)


def _count(joins: Mapping[int, Sequence[Enquiry]], leads: Mapping[int, Lead]) -> None:
    """One statement for all that are asked for equally often, which nearly all are once."""
    by_count: dict[int, list[int]] = defaultdict(list)
    for lead_id, repeats in sorted(joins.items()):
        by_count[len(repeats)].append(lead_id)
        leads[lead_id].repeat_count += len(repeats)
    counted = sum(
        Lead.objects.filter(pk__in=ids, state__in=(*OPEN_STATES, LeadState.QUALIFIED)).update(
            repeat_count=F("repeat_count") + count
        )
        for count, ids in sorted(by_count.items())
    )
    if counted < len(joins):
        raise LeadClosed
