"""Stores and people in the one search."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisation import queries
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register


def find_stores(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    found = queries.list_stores(actor).filter(
        Q(name_zh__icontains=query) | Q(name_en__icontains=query) | Q(code__istartswith=query)
    )
    for store in found.order_by("code")[:limit]:
        url = reverse("organisation:store_detail", args=[store.pk])
        region = store.region.name if store.region else ""
        is_own = store.pk in actor.store_ids
        yield Hit(store.name, f"{store.code} {region}".strip(), url, (store.code,), is_own)


def find_people(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    found = queries.find_staff(queries.list_staff(actor), query, actor)
    for person in found.order_by("name_pinyin", "pk")[:limit]:
        store = person.home_store.name if person.home_store else _("Headquarters")
        position = person.position.name if person.position else ""
        url = reverse("organisation:staff_detail", args=[person.pk])
        is_own = person.pk == actor.staff_id
        yield Hit(person.name, f"{position} {store}".strip(), url, is_own=is_own)


register(
    SearchSource(
        name="stores",
        label=gettext_lazy("Stores"),
        icon="building-store",
        permission="organisation.view_store",
        find=find_stores,
        order=810,
        custom_host="store",
    )
)
register(
    SearchSource(
        name="staff",
        label=gettext_lazy("Staff"),
        icon="users",
        permission="organisation.view_staff",
        find=find_people,
        order=820,
        custom_host="staff",
    )
)
