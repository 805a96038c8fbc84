"""Tags are made, and put on customers and taken off: by people, and by rules of another module."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.core.exceptions import EmptyResultSet
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.errors import TagExists
from apps.crm.events import CustomerChanged
from apps.crm.models import Customer, CustomerTag, Tag
from apps.crm.queries.tags import known_tags
from apps.crm.rules.tags import Tone, checked_name
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.db.rows import append
from forecourt.kernel.errors import Invalid

LOGGED_AT_ONCE = 2000
NOBODY = "SELECT NULL::bigint WHERE false"
PUT = """
    INSERT INTO crm_customertag (customer_id, tag_id, rule_id, set_at, set_by)
    SELECT chosen.id, %s, %s, %s, %s FROM ({chosen}) AS chosen (id)
    ON CONFLICT DO NOTHING
    RETURNING customer_id
"""
TAKE = """
    DELETE FROM crm_customertag
    WHERE tag_id = %s AND rule_id = %s AND customer_id NOT IN ({chosen})
    RETURNING customer_id
"""


@transaction.atomic
def save_tag(
    *, actor: Actor, name: str, tone: str = Tone.NEUTRAL, tag_id: int | None = None
) -> Tag:
    """Make a tag, or change one. Raises Invalid, NotFound, NotPermitted, TagExists."""
    actor.require("crm.manage_tag")
    if tone not in Tone.values:
        raise Invalid(_("Choose one of the list."), field="tone")
    tag = Tag(created_at=now()) if tag_id is None else _lock(tag_id, actor)
    before = {"name": tag.name, "tone": tag.tone}
    tag.name, tag.tone = checked_name(name), tone
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        raise TagExists(_("There is a tag of this name already."), field="name") from error
    known_tags.forget()
    changes = audit.changes_between(before, {"name": tag.name, "tone": tag.tone})
    if tag_id is None:
        audit.record(actor, "tag_made", tag, changes)
    elif changes:
        audit.record(actor, "tag_changed", tag, changes)
    return tag


@transaction.atomic
def switch_tag(*, tag_id: int, is_active: bool, actor: Actor) -> Tag:
    """Take a tag out of use, or into use again. Raises NotFound, NotPermitted."""
    actor.require("crm.manage_tag")
    tag = _lock(tag_id, actor)
    if tag.is_active != is_active:
        tag.is_active = is_active
        tag.save(update_fields=["is_active"])
        known_tags.forget()
        audit.record(actor, "tag_changed", tag, {"is_active": [not is_active, is_active]})
    return tag


def _lock(tag_id: int, actor: Actor) -> Tag:
    queries.get_tag(tag_id=tag_id, actor=actor)
    return Tag.objects.select_for_update().get(pk=tag_id)


@transaction.atomic
def tag_customer(
    *,
    customer_id: int,
    actor: Actor,
    add: Collection[int] = (),
    remove: Collection[int] = (),
) -> Customer:
    """Put tags on a customer and take others off, whoever put them there.

    Raises Invalid for a tag that is not (or no longer) given, NotFound, NotPermitted.
    """
    customer = queries.lock(Customer, pk=customer_id, actor=actor, permission="crm.tag_customer")
    tags = _given(add)
    links = {link.tag_id: link for link in queries.tags_of(customer)}
    fresh = [tag for pk, tag in tags.items() if pk not in links]
    gone = [links[pk] for pk in set(remove) & links.keys() if pk not in tags]
    if not fresh and not gone:
        return customer
    moment = now()
    append(
        [CustomerTag(customer=customer, tag=tag, set_at=moment, set_by=actor.name) for tag in fresh]
    )
    CustomerTag.objects.filter(pk__in=[link.pk for link in gone]).delete()
    before = {link.tag.name for link in links.values()}
    after = (before | {tag.name for tag in fresh}) - {link.tag.name for link in gone}
    audit.record(actor, "tagged", customer, {"tags": [sorted(before), sorted(after)]})
    events.publish(CustomerChanged(customer.pk))
    return customer


def choose_tags(*, customer_id: int, tag_ids: Collection[int], actor: Actor) -> Customer:
    """Let a customer have these tags in use and no others. Raises as tag_customer()."""
    customer = queries.get_customer(customer_id=customer_id, actor=actor)
    has = {link.tag_id for link in queries.tags_of(customer) if link.tag.is_active}
    return tag_customer(
        customer_id=customer_id,
        add=set(tag_ids) - has,
        remove=has - set(tag_ids),
        actor=actor,
    )


def _given(tag_ids: Collection[int]) -> dict[int, Tag]:
    found = queries.active_tags().in_bulk(list(tag_ids))
    if len(found) < len(set(tag_ids)):
        raise Invalid(_("Choose one of the tags in use."), field="tag_ids")
    return found


def put_tags(links: Mapping[int, Collection[int]], *, actor: Actor) -> set[int]:
    """Put tags in use on customers that the caller may change: ``{customer id: tag ids}``.

    For imports, in their transaction; answers who has a tag more than before.
    """
    has = set(
        CustomerTag.objects.filter(customer__in=links.keys()).values_list("customer_id", "tag_id")
    )
    fresh = [
        CustomerTag(customer_id=customer_id, tag_id=tag_id, set_at=now(), set_by=actor.name)
        for customer_id, tag_ids in links.items()
        for tag_id in sorted(set(tag_ids))
        if (customer_id, tag_id) not in has
    ]
    append(fresh, unless_there=True)
    return {link.customer_id for link in fresh}


@transaction.atomic
def follow_rule(
    *, tag_id: int, rule_id: int, customers: QuerySet[Customer], actor: Actor
) -> tuple[int, int]:
    """Let the tag be on these customers by this rule: put on, and taken back from the others.

    What a person put there stays. Two statements, whatever the number of customers; answers how
    many got it and how many lost it. The caller has asked for the right.
    """
    try:
        chosen, parameters = customers.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        chosen, parameters = NOBODY, ()
    with connection.cursor() as cursor:
        cursor.execute(PUT.format(chosen=chosen), [tag_id, rule_id, now(), actor.name, *parameters])
        put = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(TAKE.format(chosen=chosen), [tag_id, rule_id, *parameters])
        taken = [pk for (pk,) in cursor.fetchall()]
    tag = Tag.objects.get(pk=tag_id)
    _note(put, {"tags": [[], [tag.name]]}, actor)
    _note(taken, {"tags": [[tag.name], []]}, actor)
    return len(put), len(taken)


def _note(customer_ids: list[int], changes: dict[str, list], actor: Actor) -> None:
    """An entry for each customer, some thousands at a time."""
    for batch in _batches(customer_ids):
        rows = Customer.objects.filter(pk__in=batch).only("pk", "name", "home_store_id")
        audit.append([audit.entry(actor, "tagged", customer, changes) for customer in rows])


def _batches(ids: list[int]) -> Iterable[list[int]]:
    for begin in range(0, len(ids), LOGGED_AT_ONCE):
        yield ids[begin : begin + LOGGED_AT_ONCE]
