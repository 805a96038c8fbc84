"""Records of the organisation that have documents: its notices, minutes, and papers of people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.documents.subjects import DocumentSubject, register
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor

STAFF_PAPERS = "documents.view_staff_papers"


def _find_staff(actor: Actor, text: str, limit: int) -> Iterable[Any]:
    return organisation.find_staff(_staff_with_papers(actor), text, actor)[:limit]


def _find_stores(actor: Actor, text: str, limit: int) -> list[Any]:
    wanted = text.casefold()
    return [
        store
        for store in organisation.list_stores(actor)
        if wanted in f"{store.code} {store.name_zh} {store.name_en}".casefold()
    ][:limit]


def _staff_with_papers(actor: Actor) -> Any:
    """People whose papers the actor may see: that one works with somebody is no reason to."""
    return organisation.list_staff(actor).visible_to(actor, STAFF_PAPERS)


register(
    DocumentSubject(
        code="organisation.store",
        label=_("Store"),
        model="organisation.Store",
        rows=organisation.list_stores,
        rights=("organisation.view_store",),
        page="organisation:store_detail",
        store_of=lambda store: store.pk,
        find=_find_stores,
        icon="building-store",
    ),
    DocumentSubject(
        code="organisation.staff",
        label=_("Member of staff"),
        model="organisation.StaffMember",
        rows=_staff_with_papers,
        rights=("organisation.view_staff", STAFF_PAPERS),
        page="organisation:staff_detail",
        store_of=lambda staff: staff.home_store_id,
        find=_find_staff,
        icon="id-badge",
        permission=STAFF_PAPERS,
        is_person=True,
    ),
)
