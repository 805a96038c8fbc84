"""Tags, and whose they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from apps.crm.models import Customer, CustomerTag, Tag
from apps.crm.queries.customers import get_customer
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.remembered import Remembered

SHOWN = "tags_shown"
"""Where a list's rows keep their tags, read for all of them at once."""


def list_tags(actor: Actor) -> QuerySet[Tag]:
    """All tags of the group, those no longer in use too."""
    return Tag.objects.visible_to(actor)


def count_tagged(tags: QuerySet[Tag]) -> QuerySet[Tag]:
    """With ``customer_count``, how many customers of the whole group have each."""
    return tags.annotate(customer_count=Count("links", filter=Q(links__customer__merged_into=None)))


def active_tags() -> QuerySet[Tag]:
    """What may be put on customers."""
    return Tag.objects.filter(is_active=True).order_by("name", "id")


def get_tag(*, tag_id: int, actor: Actor) -> Tag:
    """Raises NotFound."""
    tag = list_tags(actor).filter(pk=tag_id).first()
    if tag is None:
        raise NotFound(_("There is no such tag."))
    return tag


def _read_choices() -> list[tuple[int, str]]:
    return list(Tag.objects.order_by("-is_active", "name").values_list("pk", "name"))


known_tags = Remembered("crm.tags", _read_choices)
"""Every tag with its name; forgotten when one changes."""


def tag_choices(_actor: Actor) -> list[tuple[int, str]]:
    """Every tag for filters, whether or not it is still given."""
    return known_tags.get()


def tags_of(customer: Customer) -> list[CustomerTag]:
    """What the customer is marked with, by name."""
    return list(customer.tag_links.select_related("tag").order_by("tag__name"))


def tag_names_of(customer_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The names of the tags of each customer who has any."""
    found: dict[int, set[str]] = defaultdict(set)
    links = CustomerTag.objects.filter(customer__in=customer_ids).values_list(
        "customer_id", "tag__name"
    )
    for customer_id, name in links:
        found[customer_id].add(name)
    return {customer_id: frozenset(names) for customer_id, names in found.items()}


def tags_set_on(customer_ids: Collection[int]) -> dict[int, list[tuple[datetime, str]]]:
    """When each of the customers' tags was put on, with its name."""
    found: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    links = CustomerTag.objects.filter(customer__in=customer_ids)
    for customer_id, moment, name in links.values_list("customer_id", "set_at", "tag__name"):
        found[customer_id].append((moment, name))
    return found


def tags_on(actor: Actor, customer_id: int) -> QuerySet[Tag]:
    """The tags of a customer whom the actor may see. Raises NotFound."""
    customer = get_customer(customer_id=customer_id, actor=actor)
    return Tag.objects.filter(links__customer=customer)


def with_tags(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """The customers with their tags under ``SHOWN``, in one more query."""
    links = CustomerTag.objects.select_related("tag").order_by("tag__name")
    return customers.prefetch_related(Prefetch("tag_links", links, to_attr=SHOWN))


def tagged_with(tag_ids: Iterable[int]) -> Q:
    """The condition on customers that they have one of the tags."""
    return Q(pk__in=CustomerTag.objects.filter(tag__in=list(tag_ids)).values("customer_id"))
