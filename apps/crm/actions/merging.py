"""Two customers who are one: put together, and taken apart again within 30 days.

What hangs on the merged customer is found by the models' own relations, so modules above need to do
nothing; what cannot be changed any more (interactions) stays and is read with the kept customer's.
Modules that know a customer in another way listen to ``CustomersMerged`` and ``MergeUndone``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, ForeignKey, Model, OuterRef, QuerySet, UniqueConstraint
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.finding import index
from apps.crm.actions.leads import give_leads
from apps.crm.actions.lifecycle import refresh_lifecycle
from apps.crm.actions.under_way import lock_in_order
from apps.crm.errors import CannotMerge
from apps.crm.events import CustomersMerged, MergeUndone
from apps.crm.models import (
    Customer,
    CustomerMerge,
    CustomerPhone,
    DuplicatePair,
    FollowUp,
    Lead,
    Opportunity,
    TestDrive,
)
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.customers import stricter_consents
from apps.crm.rules.duplicates import MERGED_FIELDS, UNDO_DAYS
from apps.crm.rules.leads import OPEN_STATES, LeadState
from apps.organisation import queries as organisation
from forecourt.kernel import audit, custom_fields, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound

RIGHT = "crm.merge_customer"
OWN_TABLES = (DuplicatePair, CustomerMerge)
"""Not moved: they tell of both."""


@transaction.atomic
def merge_customers(
    *, kept_id: int, merged_id: int, actor: Actor, take: Collection[str] = ()
) -> CustomerMerge:
    """Put one customer into another, which keeps its values except for those named in ``take``.

    What the kept one lacks is filled in from the other. The owner of the kept one stays the owner.
    Raises CannotMerge, Invalid, NotFound, NotPermitted.
    """
    unknown = set(take) - set(MERGED_FIELDS)
    if unknown:
        raise Invalid(_("Choose one of the values offered."), field="take")
    kept, merged, leads = _lock_both(kept_id, merged_id, actor)
    if kept.national_id_index and merged.national_id_index:
        raise CannotMerge(
            _("They have different national IDs, so they are two people. Correct one first.")
        )
    merge = CustomerMerge(kept=kept, merged=merged, made_at=now(), made_by=actor.name)
    merge.closed = _close_second_lead(leads, kept, merged)
    merge.moved = _move_links(merged, kept)
    merge.changed = _take_values(kept, merged, take, actor)
    merged.merged_into = kept
    merged.national_id_index = None
    merged.primary_phone = ""
    merged.save(update_fields=["merged_into", "national_id_index", "primary_phone"])
    merge.save()
    _keep_owner(kept, actor)
    _finish(merge)
    audit.record(actor, "merged", kept, {"customer": [None, str(merged)]})
    DuplicatePair.objects.filter(first=merged).delete()
    DuplicatePair.objects.filter(second=merged).delete()
    events.publish(CustomersMerged(kept.pk, merged.pk))
    return merge


@transaction.atomic
def undo_merge(*, merge_id: int, actor: Actor) -> CustomerMerge:
    """Make two of one again, each with what it had; what came since stays with the kept one.

    Raises CannotMerge after 30 days and while a later merge stands, NotFound, NotPermitted.
    """
    merge = CustomerMerge.objects.select_for_update().filter(pk=merge_id, undone_at=None).first()
    if merge is None:
        raise NotFound(_("No such record."))
    _lock_what_hangs_on([merge.kept_id])
    kept = queries.lock(Customer, pk=merge.kept_id, actor=actor, permission=RIGHT)
    if merge.made_at < now() - timedelta(days=UNDO_DAYS):
        raise CannotMerge(_("A merge can be undone for %(days)s days.") % {"days": UNDO_DAYS})
    later = CustomerMerge.objects.filter(kept=kept, undone_at=None, pk__gt=merge.pk)
    if later.exists():
        raise CannotMerge(_("Another customer was merged later. Undo that one first."))
    merged = Customer.everybody.select_for_update().get(pk=merge.merged_id)
    merged.merged_into = None
    _give_values_back(kept, merged, merge.changed)
    _move_back(merge, kept, merged)
    _open_second_lead(merge.closed)
    merge.undone_at, merge.undone_by = now(), actor.name
    merge.save(update_fields=["undone_at", "undone_by"])
    merged.refresh_from_db()
    _choose_primary(merged)
    index(merged)
    merged.save()
    _follow_lead(merged)
    gone = list(merged.phones.values_list("phone", flat=True))
    _finish(merge, gone)
    audit.record(actor, "unmerged", kept, {"customer": [str(merged), None]})
    audit.record(actor, "unmerged", merged, {"with": [str(kept), None]})
    events.publish(MergeUndone(kept.pk, merged.pk))
    return merge


def undo_latest_merge(*, customer_id: int, actor: Actor) -> Customer:
    """Take the customer merged last out of this one. Raises as undo_merge()."""
    actor.require(RIGHT)
    latest = CustomerMerge.objects.filter(kept=customer_id, undone_at=None).order_by("-pk").first()
    if latest is None:
        raise NotFound(_("Nobody was merged into this customer."))
    return undo_merge(merge_id=latest.pk, actor=actor).kept


def gather_strays() -> int:
    """Move what came to hang on a merged customer after all; answers how many rows.

    Somebody who had read the customer before the merge may write after it.
    """
    count = 0
    for merge in CustomerMerge.objects.filter(undone_at=None).iterator():
        links = links_of(merge.merged_id, merge.kept_id)
        if not any(ids for _model, _field, ids in links):
            continue
        with transaction.atomic():
            held = CustomerMerge.objects.select_for_update().get(pk=merge.pk)
            if held.undone_at is None:
                merged = Customer.everybody.select_related("merged_into").get(pk=held.merged_id)
                for label, ids in _move_links(merged, merged.merged_into).items():
                    held.moved[label] = sorted({*held.moved.get(label, []), *ids})
                    count += len(ids)
                held.save(update_fields=["moved"])
    return count


def _lock_both(kept_id: int, merged_id: int, actor: Actor) -> tuple[Customer, Customer, list[Lead]]:
    """With what is under way with them, in everybody's order."""
    actor.require(RIGHT)
    pair = sorted((kept_id, merged_id))
    _lock_what_hangs_on(pair)
    leads = list(Lead.objects.filter(customer__in=pair, state__in=OPEN_STATES).order_by("pk"))
    rows = {pk: queries.lock(Customer, pk=pk, actor=actor, permission=RIGHT) for pk in pair}
    if kept_id == merged_id:
        raise Invalid(_("Choose two customers."), field="merged_id")
    return rows[kept_id], rows[merged_id], leads


def _lock_what_hangs_on(customer_ids: Collection[int]) -> None:
    models = (TestDrive, Lead, Opportunity)
    lock_in_order(*(model.objects.filter(customer__in=customer_ids) for model in models))


# --- What hangs on a customer -------------------------------------------------------------------


def _relations() -> Iterator[tuple[type[Model], ForeignKey]]:
    for relation in Customer._meta.related_objects:
        model = relation.related_model
        if model not in OWN_TABLES and not getattr(model, "append_only", False):
            yield model, relation.field


def links_of(customer_id: int, kept_id: int) -> Iterator[tuple[type[Model], str, list[int]]]:
    """The rows that hang on a merged customer and can be moved, by model and column.

    What the kept one has herself and may have once (a tag) stays where it is.
    """
    for model, field in _relations():
        rows = model._base_manager.filter(**{field.name: customer_id})
        rows = _without_doubles(rows, model, field, kept_id)
        yield model, field.name, list(rows.order_by("pk").values_list("pk", flat=True))


def _without_doubles(
    rows: QuerySet, model: type[Model], field: ForeignKey, kept_id: int
) -> QuerySet:
    for constraint in model._meta.constraints:
        names = getattr(constraint, "fields", ())
        if (
            isinstance(constraint, UniqueConstraint)
            and constraint.condition is None
            and field.name in names
        ):
            same = {name: OuterRef(name) for name in names if name != field.name}
            theirs = model._base_manager.filter(**{field.name: kept_id}, **same)
            rows = rows.exclude(Exists(theirs))
    return rows


def _move_links(merged: Customer, kept: Customer) -> dict[str, list[int]]:
    """Hang everything on the kept customer; answers what was moved, by model and column."""
    CustomerPhone.objects.filter(customer=merged, is_primary=True).update(is_primary=False)
    moved = {}
    for model, field, ids in links_of(merged.pk, kept.pk):
        if ids:
            model._base_manager.filter(pk__in=ids).update(**{field: kept})
            moved[f"{model._meta.label_lower}.{field}"] = ids
    return moved


def _move_back(merge: CustomerMerge, kept: Customer, merged: Customer) -> None:
    for model, field in _relations():
        ids = merge.moved.get(f"{model._meta.label_lower}.{field.name}", [])
        rows = model._base_manager.filter(pk__in=ids, **{field.name: kept})
        if model is CustomerPhone:
            rows.filter(is_primary=True).update(is_primary=False)
        rows.update(**{field.name: merged})


def _choose_primary(customer: Customer) -> None:
    """The main number is one that the customer has: as it was, else the oldest."""
    phones = customer.phones.order_by("pk")
    chosen = phones.filter(phone=customer.primary_phone).first() or phones.first()
    phones.filter(is_primary=True).update(is_primary=False)
    if chosen:
        phones.filter(pk=chosen.pk).update(is_primary=True)
    customer.primary_phone = chosen.phone if chosen else ""


# --- Two open leads -----------------------------------------------------------------------------


def _close_second_lead(leads: Iterable[Lead], kept: Customer, merged: Customer) -> dict[str, Any]:
    """A customer has one open lead: the second joins the first; answers what it was."""
    by_customer = {lead.customer_id: lead for lead in leads}
    first, second = by_customer.get(kept.pk), by_customer.get(merged.pk)
    if first is None or second is None:
        return {}
    planned = FollowUp.objects.filter(lead=second, state=FollowUpState.OPEN)
    closed = {
        "lead": second.pk,
        "state": second.state,
        "into": first.pk,
        "repeats": second.repeat_count + 1,
        "follow_ups": list(planned.values_list("pk", flat=True)),
    }
    planned.update(
        state=FollowUpState.SKIPPED, completed_at=now(), skip_reason=_("The customers were merged.")
    )
    second.state, second.closed_at = LeadState.MERGED, now()
    second.save(update_fields=["state", "closed_at"])
    Lead.objects.filter(pk=first.pk).update(repeat_count=F("repeat_count") + closed["repeats"])
    return closed


def _open_second_lead(closed: dict[str, Any]) -> None:
    if not closed:
        return
    Lead.objects.filter(pk=closed["lead"], state=LeadState.MERGED).update(
        state=closed["state"], closed_at=None
    )
    FollowUp.objects.filter(pk__in=closed["follow_ups"], state=FollowUpState.SKIPPED).update(
        state=FollowUpState.OPEN, completed_at=None, skip_reason=""
    )
    Lead.objects.filter(pk=closed["into"], repeat_count__gte=closed["repeats"]).update(
        repeat_count=F("repeat_count") - closed["repeats"]
    )


def _keep_owner(kept: Customer, actor: Actor) -> None:
    """An open lead belongs to its customer's owner."""
    lead = Lead.objects.select_for_update().filter(customer=kept, state__in=OPEN_STATES).first()
    if lead is None or lead.owner_id in (None, kept.owner_id):
        return
    if kept.owner_id is None or kept.home_store_id is None:
        kept.owner_id, kept.home_store_id = lead.owner_id, lead.store_id
        kept.pooled_at = None
        kept.save(update_fields=["owner", "home_store", "pooled_at"])
        return
    give_leads(
        [lead],
        owner=organisation.staff_by_id([kept.owner_id])[kept.owner_id],
        store_id=kept.home_store_id,
        explanation={
            "how": "reassigned",
            "by": actor.name,
            "reason": _("The customers were merged."),
        },
        actor=actor,
        action="reassigned",
        reason=_("The customers were merged."),
    )


def _follow_lead(customer: Customer) -> None:
    """Whoever has the customer's open lead has the customer."""
    lead = Lead.objects.filter(customer=customer, state__in=OPEN_STATES).first()
    if lead and lead.owner_id and lead.owner_id != customer.owner_id:
        customer.owner_id, customer.home_store_id = lead.owner_id, lead.store_id
        customer.pooled_at = None
        customer.save(update_fields=["owner", "home_store", "pooled_at"])


# --- Values -------------------------------------------------------------------------------------


def _take_values(
    kept: Customer, merged: Customer, take: Collection[str], actor: Actor
) -> dict[str, list[Any]]:
    """Fill in and take over; answers what changed, as JSON holds it."""
    after: dict[str, Any] = {}
    for group, names in MERGED_FIELDS.items():
        has, offers = (any(getattr(row, name) for name in names) for row in (kept, merged))
        if offers and (group in take or not has):
            after |= {name: getattr(merged, name) for name in names}
    after["consents"] = stricter_consents(kept.consents, merged.consents)
    for name in ("touched_at", "last_purchase_date"):
        after[name] = max(filter(None, (getattr(kept, name), getattr(merged, name))), default=None)
    changed = {
        name: [_plain(getattr(kept, name)), _plain(value)]
        for name, value in after.items()
        if getattr(kept, name) != value
    }
    for name, value in after.items():
        setattr(kept, name, value)
    if merged.national_id_index:
        kept.national_id, kept.national_id_index = merged.national_id, merged.national_id_index
        changed["national_id_index"] = [None, merged.national_id_index]
        # The index is unique: it leaves the one before it comes to the other.
        Customer.everybody.filter(pk=merged.pk).update(national_id_index=None)
    if not kept.primary_phone:
        _choose_primary(kept)
    kept.save()
    before = dict(kept.custom)
    custom_fields.release_keys(merged)
    custom_fields.save_many([(kept, merged.custom)], actor=actor, only_blanks=True)
    if kept.custom != before:
        changed["custom"] = [before, dict(kept.custom)]
    return changed


def _give_values_back(kept: Customer, merged: Customer, changed: dict[str, list[Any]]) -> None:
    """Undo what the merge changed, except where somebody has changed it again since."""
    merged.save(update_fields=["merged_into"])
    if "national_id_index" in changed:
        index = changed["national_id_index"][1]
        if kept.national_id_index == index:
            kept.national_id, kept.national_id_index = "", None
            kept.save(update_fields=["national_id", "national_id_index"])
            merged.national_id_index = index
    for name, (before, after) in changed.items():
        if name in ("national_id_index", "custom"):
            continue
        if _plain(getattr(kept, name)) == after:
            setattr(kept, name, _from_plain(name, before))
    if "custom" in changed:
        before, after = changed["custom"]
        given = {code for code in after if after[code] != before.get(code)}
        kept.custom = {
            code: value
            for code, value in kept.custom.items()
            if code not in given or value != after[code]
        }
    kept.save()
    custom_fields.restore_keys([kept, merged])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_plain(name: str, value: Any) -> Any:
    field = Customer._meta.get_field(name)
    return field.to_python(value) if isinstance(value, str) else value


def _finish(merge: CustomerMerge, gone: Collection[str] = ()) -> None:
    kept = merge.kept
    kept.refresh_from_db()
    _choose_primary(kept)
    index(kept, gone)
    kept.save()
    refresh_lifecycle([merge.kept_id, merge.merged_id])
