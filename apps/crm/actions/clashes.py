"""Clashes of owners: somebody who has an owner is brought in by another advisor or another store.

The owner keeps her. The lead says who else was there, and the managers of both sides are told, so
that the two advisors need not settle it between themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from apps.crm.actions.enquiries import Enquiry
from apps.crm.models import Lead
from apps.organisation import queries as organisation
from forecourt.kernel.clock import now

Clash = dict[str, Any]
"""As a lead's ``assignment`` keeps it: who brought the customer in, for which store, and when, in
seconds."""


def clash_between(
    *, owner: Any, store_id: int, person: Any, store: Any, works_in: Collection[int]
) -> Clash | None:
    """What stands against the owner in ``store_id``: another person, or a store that is not hers.

    All are rows of the organisation, ``person`` and ``store`` those asked for, or None;
    ``works_in`` are the stores of the owner.
    """
    is_other = person is not None and person.pk != owner.pk
    is_elsewhere = store is not None and store.pk != store_id and store.pk not in works_in
    if not (is_other or is_elsewhere):
        return None
    return {
        "id": person.pk if is_other else None,
        "name": person.name if is_other else "",
        "store_id": store.pk if store is not None else person.home_store_id,
        "store": store.name if store is not None else "",
        "at": int(now().timestamp()),
    }


def note_clashes(
    joined: Iterable[tuple[Lead, Enquiry]],
) -> list[tuple[Lead, Clash, Enquiry]]:
    """Keep, with each lead, who else was asked for in the enquiries that joined it.

    Costs nothing while nobody but the owners was asked for, and the same few statements for any
    number of enquiries.
    """
    others = [
        (lead, taken)
        for lead, taken in joined
        if lead.owner_id is not None
        and (
            taken.owner_id not in (None, lead.owner_id)
            or taken.store_id not in (None, lead.store_id)
        )
    ]
    if not others:
        return []
    owner_ids = {lead.owner_id for lead, _taken in others}
    people = organisation.staff_by_id(owner_ids | {taken.owner_id for _, taken in others} - {None})
    stores = organisation.stores_by_id({taken.store_id for _, taken in others} - {None})
    works_in = organisation.stores_of_staff(owner_ids)
    found = []
    for lead, taken in others:
        clash = clash_between(
            owner=people[lead.owner_id],
            store_id=lead.store_id,
            person=people.get(taken.owner_id),
            store=stores.get(taken.store_id),
            works_in=works_in[lead.owner_id],
        )
        if clash is not None:
            found.append((lead, clash, taken))
    _keep(found)
    return found


KEEP = """
    UPDATE crm_lead SET assignment = assignment || jsonb_build_object('clash', noted.clash)
    FROM jsonb_each(%s) AS noted (lead_id, clash) WHERE crm_lead.id = noted.lead_id::bigint
"""


def _keep(found: Iterable[tuple[Lead, Clash, Enquiry]]) -> None:
    """Beside what is known of the assignments, which somebody may be changing at this moment."""
    noted = {}
    for lead, clash, _taken in found:
        lead.assignment = {**lead.assignment, "clash": clash}
        noted[lead.pk] = clash
    if noted:
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [Jsonb(noted)])
