"""Clashes of owners: somebody who has an owner is brought in by another advisor or another store.

The owner keeps her. The lead says who else was there, and the managers of both sides are told, so
that the two advisors need not settle it between themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Func, JSONField, Value

from apps.crm.models import Lead
from apps.organisation import queries as organisation

Clash = dict[str, Any]
"""As a lead's ``assignment`` keeps it: who brought the customer in, and for which store."""


def clash_between(*, owner: Any, store_id: int, person: Any, store: Any) -> Clash | None:
    """What stands against the owner in ``store_id``: another person, or a store that is not hers.

    All are rows of the organisation, ``person`` and ``store`` those asked for, or None.
    """
    is_other = person is not None and person.pk != owner.pk
    is_elsewhere = store is not None and not _works_in(owner, store_id, store.pk)
    if not (is_other or is_elsewhere):
        return None
    return {
        "id": person.pk if is_other else None,
        "name": person.name if is_other else "",
        "store_id": store.pk if store is not None else person.home_store_id,
        "store": store.name if store is not None else "",
    }


def _works_in(owner: Any, store_id: int, asked_id: int) -> bool:
    if asked_id in (store_id, owner.home_store_id):
        return True
    return owner.stores.filter(pk=asked_id).exists()


def note_clashes(
    asked: Iterable[tuple[Lead, int | None, int | None]],
) -> list[tuple[Lead, Clash]]:
    """Of enquiries that joined a lead: (lead, person asked for, store asked for).

    Costs nothing while nobody but the owner was asked for.
    """
    others = [
        (lead, person_id, store_id)
        for lead, person_id, store_id in asked
        if lead.owner_id is not None
        and (person_id not in (None, lead.owner_id) or store_id not in (None, lead.store_id))
    ]
    if not others:
        return []
    ids = {id_ for lead, person_id, _store in others for id_ in (person_id, lead.owner_id) if id_}
    people = organisation.staff_by_id(ids)
    stores = organisation.stores_by_id({store_id for *_, store_id in others if store_id})
    found = []
    for lead, person_id, store_id in others:
        clash = clash_between(
            owner=people[lead.owner_id],
            store_id=lead.store_id,
            person=people.get(person_id),
            store=stores.get(store_id),
        )
        if clash is not None:
            _keep(lead, clash)
            found.append((lead, clash))
    return found


def _keep(lead: Lead, clash: Clash) -> None:
    """Beside what is known of the assignment, which somebody may be changing at this moment."""
    lead.assignment = {**lead.assignment, "clash": clash}
    Lead.objects.filter(pk=lead.pk).update(
        assignment=Func(
            F("assignment"),
            Value({"clash": clash}, JSONField()),
            template="%(expressions)s",
            arg_joiner=" || ",
            output_field=JSONField(),
        )
    )
