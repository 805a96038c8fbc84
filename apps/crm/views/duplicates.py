"""Customers who may be one person: the list of pairs, comparing two, merging, undoing."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.crm import actions, queries
from apps.crm.forms import MergeForm
from apps.crm.models import Customer, DuplicatePair
from apps.crm.phones import phone_of
from apps.crm.rules.duplicates import LABELS, Evidence
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.lists import Column, DateTimeColumn, Empty, ListPage, NumberColumn, SearchFilter
from forecourt.ui.responses import go_to, render_page

RIGHT = "crm.merge_customer"


def evidence_of(pair: DuplicatePair) -> str:
    """What speaks for and against, in words."""
    return " · ".join(str(LABELS[Evidence(code)]) for code in pair.evidence)


def _who(customer: Customer, actor: Actor) -> str:
    parts = (str(customer), phone_of(customer, actor), str(customer.home_store or ""))
    return " · ".join(part for part in parts if part)


class CustomerColumn(Column):
    """One of the two, with phone as the reader may see it, and store."""

    def cell(self, row: DuplicatePair, actor: Actor) -> str:
        return _who(getattr(row, self.name), actor)

    def export(self, row: DuplicatePair, actor: Actor) -> str:
        return _who(getattr(row, self.name), actor)


class DuplicateList(ListPage):
    name = "crm.duplicates"
    permission = RIGHT
    title = gettext_lazy("Possible duplicates")
    template = "crm/duplicate_list.html"
    columns = (
        CustomerColumn("first", gettext_lazy("Customer"), always=True),
        CustomerColumn("second", gettext_lazy("May be the same as"), always=True),
        NumberColumn("percent", gettext_lazy("Likelihood in %"), sort="percent"),
        Column("evidence", gettext_lazy("What speaks for it"), value=evidence_of),
        DateTimeColumn("found_at", gettext_lazy("Found"), relative=True),
    )
    filters = (SearchFilter(gettext_lazy("Name"), fields=["first__name", "second__name"]),)
    default_sort = "-percent"
    empty = Empty(
        gettext_lazy("No duplicates to decide about"),
        gettext_lazy("All customers are compared every night."),
        icon="users",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[DuplicatePair]:
        return queries.list_duplicates(actor)

    def row_url(self, row: DuplicatePair) -> str:
        return merge_url(row.first_id, row.second_id)

    def context(self) -> dict[str, Any]:
        return {
            "may_search": self.actor.grant(RIGHT).everything,
            "job": queries.latest_search(self.actor),
        }


def merge_url(first_id: int, second_id: int) -> str:
    return reverse("crm:customer_merge", args=[first_id, second_id])


@require_POST
@requires(RIGHT)
def duplicate_search(request: HttpRequest) -> HttpResponse:
    actions.start_finding(actor=request.actor)
    return go_to(request, "crm:duplicate_list", message=_("The search has begun."))


@requires(RIGHT)
def customer_merge(request: HttpRequest, customer_id: int, other_id: int) -> HttpResponse:
    """Two customers beside each other; which is kept, and whose values."""
    one, other = queries.two_customers(customer_id, other_id, request.actor)
    form = MergeForm(request.POST or None, actor=request.actor, one=one, other=other)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        merge = form.attempt(actions.merge_customers, actor=request.actor, **form.values())
        if merge is not None:
            message = _("The customers are one now. It can be undone for 30 days.")
            return go_to(request, "crm:customer_detail", merge.kept_id, message=message)
    pair = queries.pair_of(one, other)
    context = {
        "form": form,
        "one": one,
        "other": other,
        "phones": [phone_of(customer, request.actor) for customer in (one, other)],
        "pair": pair,
        "evidence": evidence_of(pair) if pair else "",
    }
    return render_page(request, "crm/customer_merge.html", "crm/_customer_merge.html", context)


@require_POST
@requires(RIGHT)
def duplicate_dismiss(request: HttpRequest, pair_id: int) -> HttpResponse:
    actions.dismiss_duplicate(pair_id=pair_id, actor=request.actor)
    return go_to(request, "crm:duplicate_list", message=_("They stay two customers."))


@require_POST
@requires(RIGHT)
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    merge = actions.undo_merge(merge_id=merge_id, actor=request.actor)
    return go_to(
        request,
        "crm:customer_detail",
        merge.merged_id,
        message=_("They are two customers again."),
    )
