"""Segments: the list, the editor with who is meant, and the rules that put tags on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm.phones import phone_of
from apps.marketing import actions, queries
from apps.marketing.errors import ConditionInvalid
from apps.marketing.forms import SegmentForm, TagRuleForm
from apps.marketing.models import Segment
from apps.marketing.views.dialogs import ask_in_dialog
from apps.marketing.views.editor import after_command, data_from, editor
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.details import history
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BooleanFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    SearchFilter,
)
from forecourt.ui.responses import go_to, render_page

VIEW, MANAGE = "marketing.view_segment", "marketing.manage_segment"
BEGUN: dict[str, Any] = {
    "match": "ALL",
    "blocks": [{"match": "ALL", "conditions": [{"fact": "", "op": "", "values": []}]}],
}


class SegmentList(ListPage):
    name = "marketing.segments"
    permission = VIEW
    title = _("Segments")
    subtitle = _(
        "Customers described by what is known of them. Who they are is found anew each time."
    )
    template = "marketing/segment_list.html"
    columns = (
        Column("name", pgettext_lazy("thing", "Name"), sort="name", always=True),
        Column("note", _("Note")),
        Column(
            "is_shared",
            _("For whom"),
            value=lambda row: _("Shared") if row.is_shared else _("Mine alone"),
        ),
        Column("owner", _("Owner")),
        DateTimeColumn("changed_at", _("Changed"), sort="changed_at", relative=True),
    )
    filters = (
        SearchFilter(_("Name, note"), fields=["name", "note"]),
        BooleanFilter("shared", _("Shared"), field="is_shared"),
    )
    default_sort = "name"
    empty = Empty(
        _("No segments yet"),
        _("Describe a group of customers once, and use it for campaigns, automations and tags."),
        icon="users-group",
        url_name="marketing:segment_create",
        label=_("New segment"),
        permission=MANAGE,
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Segment]:
        return queries.list_segments(actor)

    def row_url(self, row: Segment) -> str:
        return reverse("marketing:segment_edit", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_manage": self.actor.can(MANAGE)}


def _shown(data: dict[str, Any], actor: Actor, refusal: ConditionInvalid | None) -> dict[str, Any]:
    """The editor and who is meant by it, for the person's eyes."""
    facts = queries.known_facts(actor)
    found = None
    with suppress(ConditionInvalid):
        found = queries.glance(queries.conditions_from(data, actor), actor)
    customers = (
        [{"row": row, "phone": phone_of(row, actor)} for row in found.customers] if found else []
    )
    return {
        "editor": editor(data, facts, actor, refusal=refusal),
        "glance": found,
        "customers": customers,
    }


@requires(MANAGE)
def segment_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@requires(VIEW)
def segment_edit(request: HttpRequest, segment_id: int) -> HttpResponse:
    return _edit(request, queries.get_segment(segment_id=segment_id, actor=request.actor))


def _edit(request: HttpRequest, segment: Segment | None) -> HttpResponse:
    actor = request.actor
    initial = (
        {name: getattr(segment, name) for name in ("name", "note", "is_shared")} if segment else {}
    )
    form = SegmentForm(request.POST or None, actor=actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    data = data_from(request.POST) if request.method == "POST" else _kept(segment)
    refusals: list[ConditionInvalid] = []
    if form.is_valid():

        def save() -> Segment:
            try:
                return actions.save_segment(
                    segment_id=segment.pk if segment else None,
                    conditions=data,
                    actor=actor,
                    **form.cleaned_data,
                )
            except ConditionInvalid as refusal:
                refusals.append(refusal)
                raise

        saved = form.attempt(save)
        if saved is not None:
            return go_to(request, "marketing:segment_edit", saved.pk, message=_t("Segment saved."))
    context = {
        "form": form,
        "segment": segment,
        "may_manage": actor.can(MANAGE),
        "may_campaign": actor.can("marketing.manage_campaign"),
        "may_run": actor.grant(MANAGE).everything,
        "history": history(segment, actor) if segment else [],
        **_shown(data, actor, refusals[0] if refusals else None),
    }
    return render_page(
        request, "marketing/segment_form.html", "marketing/_segment_form.html", context
    )


def _kept(segment: Segment | None) -> dict[str, Any]:
    kept = segment.conditions if segment else BEGUN
    return kept if kept.get("blocks") else BEGUN


@require_POST
@requires(VIEW)
def segment_editor(request: HttpRequest) -> HttpResponse:
    """The editor anew after a change of it, with who is meant now; keeps nothing."""
    data = after_command(data_from(request.POST), request.POST.get("do", ""))
    return render(request, "marketing/_segment_editor.html", _shown(data, request.actor, None))


@require_POST
@requires(MANAGE)
def segment_remove(request: HttpRequest, segment_id: int) -> HttpResponse:
    actions.remove_segment(segment_id=segment_id, actor=request.actor)
    return go_to(request, "marketing:segment_list", message=_t("Segment removed."))


# --- Rules for tags -------------------------------------------------------------------------------


@require_GET
@requires(VIEW)
def tag_rule_list(request: HttpRequest) -> HttpResponse:
    rules = queries.list_tag_rules(request.actor).order_by("tag__name", "pk")
    context = {"rules": list(rules), "may_manage": request.actor.grant(MANAGE).everything}
    return render(request, "marketing/tag_rule_list.html", context)


@requires(MANAGE)
def tag_rule_create(request: HttpRequest) -> HttpResponse:
    form = TagRuleForm(
        request.POST or None,
        actor=request.actor,
        initial={"segment_id": request.GET.get("segment", "")},
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.add_tag_rule(actor=request.actor, **form.cleaned_data),
        title=_t("New rule for a tag"),
        done=lambda rule: (
            _t("The rule is on: %(count)s customers got the tag.") % {"count": rule.last_put}
        ),
    )


@require_POST
@requires(MANAGE)
def tag_rule_run(request: HttpRequest, tag_rule_id: int) -> HttpResponse:
    rule = actions.run_tag_rule(tag_rule_id=tag_rule_id, actor=request.actor)
    said = _t("%(put)s customers got the tag, %(taken)s lost it.")
    return go_to(
        request,
        "marketing:tag_rule_list",
        message=said % {"put": rule.last_put, "taken": rule.last_taken},
    )


@require_POST
@requires(MANAGE)
def tag_rule_switch(request: HttpRequest, tag_rule_id: int) -> HttpResponse:
    rule = queries.get_tag_rule(tag_rule_id=tag_rule_id, actor=request.actor)
    actions.switch_tag_rule(tag_rule_id=tag_rule_id, is_on=not rule.is_on, actor=request.actor)
    return go_to(request, "marketing:tag_rule_list", message=_t("Rule saved."))


@require_POST
@requires(MANAGE)
def tag_rule_remove(request: HttpRequest, tag_rule_id: int) -> HttpResponse:
    actions.remove_tag_rule(tag_rule_id=tag_rule_id, actor=request.actor)
    return go_to(request, "marketing:tag_rule_list", message=_t("Rule removed."))
