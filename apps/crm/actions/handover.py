"""What a sales advisor who leaves hands over to the person named for it.

Called inside the transaction of leaving, which has decided that the actor may do it; so nothing
here asks for a right of its own. Everything stays in its store: only the person changes. What is
finished keeps her name.
"""

from __future__ import annotations

from collections import defaultdict

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.leads import give_leads
from apps.crm.actions.under_way import lock_in_order, locked, nobody_twice
from apps.crm.models import Customer, FollowUp, Lead, Opportunity, TestDrive
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now


def lock_what_she_has(staff_id: int) -> None:
    """Before any of it moves, and whatever is moved first."""
    lock_in_order(
        queries.booked_drives_of(staff_id),
        queries.open_leads_of(staff_id),
        queries.open_opportunities_of(staff_id),
        queries.customers_of(staff_id),
    )


def hand_over_customers(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    """All her customers; the successor's protection begins now."""
    return _hand_over(
        queries.customers_of(from_staff_id), from_staff_id, to_staff_id, actor, touched_at=now()
    )


def hand_over_follow_ups(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    """Her planned contacts, at the times that were agreed."""
    return _hand_over(queries.open_follow_ups_of(from_staff_id), from_staff_id, to_staff_id, actor)


def hand_over_opportunities(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    return _hand_over(
        queries.open_opportunities_of(from_staff_id), from_staff_id, to_staff_id, actor
    )


def hand_over_leads(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    """Her open leads; for those that nobody has answered the time to answer begins anew."""
    leads = locked(queries.open_leads_of(from_staff_id))
    people = organisation.staff_by_id([from_staff_id, to_staff_id])
    reason = _("%(name)s leaves.") % {"name": people[from_staff_id].name}
    by_store: dict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        by_store[lead.store_id].append(lead)
    for store_id, group in by_store.items():
        give_leads(
            group,
            owner=people[to_staff_id],
            store_id=store_id,
            explanation={"how": "reassigned", "by": actor.name, "reason": reason},
            actor=actor,
            action="handed_over",
            reason=reason,
        )
    return len(leads)


def hand_over_test_drives(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    """What she has still to drive. Raises AlreadyBooked where the successor is taken by then."""
    with nobody_twice():
        return _hand_over(
            queries.booked_drives_of(from_staff_id), from_staff_id, to_staff_id, actor
        )


def _hand_over(
    rows: QuerySet[Customer] | QuerySet[FollowUp] | QuerySet[Opportunity] | QuerySet[TestDrive],
    from_staff_id: int,
    to_staff_id: int,
    actor: Actor,
    **also: object,
) -> int:
    held = locked(rows)
    people = organisation.staff_by_id([from_staff_id, to_staff_id])
    change = {"owner": [people[from_staff_id].name, people[to_staff_id].name]}
    person = "advisor_id" if rows.model is TestDrive else "owner_id"
    rows.model.objects.filter(pk__in=[row.pk for row in held]).update(
        **{person: to_staff_id}, **also
    )
    audit.append([audit.entry(actor, "handed_over", row, change) for row in held])
    return len(held)
