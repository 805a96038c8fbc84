"""Stores and people in the one search."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisation import queries
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register

# What the palette shows of them.
STORE = ("code", "name_zh", "name_en", "region__name_zh", "region__name_en")
PERSON = (
    "name",
    *("home_store__name_zh", "home_store__name_en"),
    *("position__name_zh", "position__name_en"),
)


def find_stores(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    stores = queries.list_stores(actor).select_related(None).select_related("region")
    found = stores.filter(
        Q(name_zh__icontains=query) | Q(name_en__icontains=query) | Q(code__istartswith=query)
    )
    for store in found.only(*STORE).order_by("code")[:limit]:
        url = reverse_lazy("organisation:store_detail", args=[store.pk])
        region = store.region.name if store.region else ""
        is_own = store.pk in actor.store_ids
        yield Hit(store.name, f"{store.code} {region}".strip(), url, (store.code,), is_own)


def find_people(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    found = queries.find_staff(queries.list_staff(actor), query, actor)
    for person in found.only(*PERSON).order_by("name_pinyin", "pk")[:limit]:
        store = person.home_store.name if person.home_store else _("Headquarters")
        position = person.position.name if person.position else ""
        url = reverse_lazy("organisation:staff_detail", args=[person.pk])
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
