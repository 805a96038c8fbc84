"""The shared pool: customers whom nobody looks after, to be claimed."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from apps.crm import actions, queries
from apps.crm.models import Customer
from apps.crm.views.cells import NameColumn, PhoneColumn, store_filter_choices
from forecourt.kernel.access import Actor
from forecourt.ui.lists import (
    BulkAction,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    StatusColumn,
    StoreFilter,
)


def claim_one(row_id: int, actor: Actor) -> None:
    actions.claim_customer(customer_id=row_id, actor=actor)


class PoolList(ListPage):
    name = "crm.pool"
    permission = "crm.claim_lead"
    title = gettext_lazy("Shared pool")
    subtitle = gettext_lazy(
        "Nobody has contacted these customers for too long. Who claims one first, has her."
    )
    columns = (
        NameColumn("name_shown", gettext_lazy("Customer"), always=True),
        PhoneColumn("primary_phone", gettext_lazy("Phone"), mono=True),
        StatusColumn("lifecycle", gettext_lazy("Lifecycle")),
        Column("home_store", gettext_lazy("Store")),
        DateTimeColumn("touched_at", gettext_lazy("Last contact"), relative=True),
        DateTimeColumn("pooled_at", gettext_lazy("In the shared pool since"), sort="pooled_at"),
    )
    filters = (StoreFilter(store_filter_choices, field="home_store_id"),)
    default_sort = "pooled_at"
    bulk_actions = (
        BulkAction(
            "claim",
            gettext_lazy("Claim"),
            run=claim_one,
            permission="crm.claim_lead",
            icon="user-check",
        ),
    )
    empty = Empty(
        gettext_lazy("The shared pool is empty"),
        gettext_lazy("Every customer is looked after."),
        icon="circle-check",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Customer]:
        return queries.list_pool(actor).in_focus(actor)

    def row_label(self, row: Customer) -> str:
        return str(row)
