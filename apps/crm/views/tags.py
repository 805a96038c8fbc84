"""Tags: the group's own words for its customers, and how they get onto one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.forms import CustomerTagsForm, TagForm
from apps.crm.queries.tags import SHOWN
from apps.crm.views.dialogs import ask_in_dialog
from forecourt.kernel.access import Actor
from forecourt.ui import values
from forecourt.ui.access import requires
from forecourt.ui.lists import Column, RelatedFilter
from forecourt.ui.responses import go_to

MANAGE = "crm.manage_tag"


class TagsColumn(Column):
    """A customer's tags as badges, read beforehand for the whole page."""

    def value(self, row: Any) -> Any:
        return [link.tag for link in getattr(row, SHOWN)]

    def show(self, value: Any, row: Any) -> SafeString | str:
        if not value:
            return values.NOTHING
        return format_html_join(" ", "{}", ((values.badge(tag.name, tag.tone),) for tag in value))

    def plain(self, value: Any, row: Any) -> str:
        return ", ".join(tag.name for tag in value)

    def is_blank(self, row: Any) -> bool:
        return not self.value(row)


class TagFilter(RelatedFilter):
    """Customers with one of the chosen tags, each once."""

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        chosen = self.chosen(query, actor)
        return rows.filter(queries.tagged_with(pk for pk, _name in chosen)) if chosen else rows


@require_GET
@requires("crm.view_customer")
def tag_list(request: HttpRequest) -> HttpResponse:
    tags = queries.count_tagged(queries.list_tags(request.actor)).order_by("-is_active", "name")
    context = {"tags": list(tags), "may_manage": request.actor.can(MANAGE)}
    return render(request, "crm/tag_list.html", context)


@requires(MANAGE)
def tag_create(request: HttpRequest) -> HttpResponse:
    form = TagForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.save_tag(actor=request.actor, **form.cleaned_data),
        title=_("New tag"),
        done=_("Tag saved."),
    )


@requires(MANAGE)
def tag_edit(request: HttpRequest, tag_id: int) -> HttpResponse:
    tag = queries.get_tag(tag_id=tag_id, actor=request.actor)
    form = TagForm(
        request.POST or None, actor=request.actor, initial={"name": tag.name, "tone": tag.tone}
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.save_tag(tag_id=tag_id, actor=request.actor, **form.cleaned_data),
        title=_("Change the tag"),
        done=_("Tag saved."),
    )


@require_POST
@requires(MANAGE)
def tag_switch(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Out of use, or into use again."""
    tag = queries.get_tag(tag_id=tag_id, actor=request.actor)
    actions.switch_tag(tag_id=tag_id, is_active=not tag.is_active, actor=request.actor)
    return go_to(request, "crm:tag_list", message=_("Tag saved."))


@requires("crm.tag_customer")
def customer_tags(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = queries.get_customer(customer_id=customer_id, actor=request.actor)
    has = [link.tag_id for link in queries.tags_of(customer)]
    form = CustomerTagsForm(
        request.POST if request.method == "POST" else None,
        actor=request.actor,
        initial={"tag_ids": has},
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.choose_tags(
            customer_id=customer_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Tags of the customer"),
        done=_("Tags saved."),
    )


def tag_one(row_id: int, actor: Actor, *, tag_id: int, take_off: bool = False) -> None:
    """One customer of many: the tag put on or taken off."""
    wanted = {"remove" if take_off else "add": [tag_id]}
    actions.tag_customer(customer_id=row_id, actor=actor, **wanted)
