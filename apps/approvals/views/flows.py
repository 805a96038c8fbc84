"""The editor of flows: steps as cards, a preview, versions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from apps.approvals import actions, forms
from apps.approvals.actions.flows import (
    move_step,
    present_steps,
    remove_step,
    save_step,
    set_on_return,
)
from apps.approvals.actions.replay import (
    DAYS,
    describe_flow_replay,
    get_flow_replay,
    start_flow_replay,
)
from apps.approvals.condition_fields import begun_row, posted_rows
from apps.approvals.models import ApprovalFlow
from apps.approvals.queries.figures import step_figures
from apps.approvals.queries.flows import (
    draft_of,
    get_flow,
    list_flows,
    list_versions,
    may_manage,
    names_for,
    place_of,
    published_of,
)
from apps.approvals.queries.kinds import all_kinds, get_request_kind, kind_of, list_request_kinds
from apps.approvals.queries.paths import name_of, try_out
from apps.approvals.rules import sentences
from apps.approvals.rules.states import OnReturn, VersionState
from apps.approvals.rules.steps import Step
from apps.approvals.step_form import FIELD_OF, StepForm
from apps.approvals.subjects import Subject, SubjectKind
from apps.approvals.views.dialogs import ask_in_dialog, posted
from apps.organisation import queries as organisation
from apps.organisation.brands import only_brand
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.ui.access import requires
from forecourt.ui.details import history
from forecourt.ui.responses import go_to, render_page

VIEW, MANAGE = "approvals.view_flow", "approvals.manage_flow"


@dataclass(frozen=True)
class Card:
    """A step as the editor shows it."""

    index: int
    name: str
    when: str
    who: str
    how_long: str
    notes: list[str]


def _cards(steps: list[Step], kind: SubjectKind) -> list[Card]:
    names = names_for(steps)
    return [
        Card(
            index,
            name_of(step, index),
            sentences.when(step, kind.every_field),
            sentences.who(step, names),
            sentences.how_long(step, names),
            sentences.notes(step),
        )
        for index, step in enumerate(steps)
    ]


# --- All flows ----------------------------------------------------------------------------------


@require_GET
@requires(VIEW)
def flow_list(request: HttpRequest) -> HttpResponse:
    """Every kind with the flows that hold for it, and what holds where there is none."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for flow in list_flows(request.actor):
        states = {version.state: version for version in flow.present}
        if not states:
            continue
        by_kind.setdefault(flow.kind, []).append(
            {
                "flow": flow,
                "place": place_of(flow),
                "published": states.get(VersionState.PUBLISHED),
                "draft": states.get(VersionState.DRAFT),
            }
        )
    kinds = [{"kind": kind, "flows": by_kind.get(kind.code, [])} for kind in all_kinds()]
    context = {
        "kinds": kinds,
        "request_kinds": {own.kind: own for own in list_request_kinds(request.actor)},
        "may_add": request.actor.can(MANAGE),
        "may_change_kinds": may_manage(request.actor, ApprovalFlow()),
        "may_see_figures": request.actor.can("approvals.see_figures"),
    }
    return render(request, "approvals/flow_list.html", context)


@requires(MANAGE)
def flow_create(request: HttpRequest) -> HttpResponse:
    initial = {"kind": request.GET.get("kind", "")}
    form = forms.FlowForm(posted(request), actor=request.actor, initial=initial)
    made: list[ApprovalFlow] = []

    def act() -> Any:
        flow = form.attempt(actions.add_flow, actor=request.actor, **form.cleaned_data)
        if flow is not None:
            made.append(flow)
        return flow

    answer = ask_in_dialog(
        request,
        form,
        act,
        title=_("Add a flow"),
        submit=_("Add"),
        message=_("The draft is there: check its steps and publish it."),
    )
    if made:
        return HttpResponse(
            headers={"HX-Redirect": reverse("approvals:flow_detail", args=[made[0].pk])}
        )
    return answer


@requires(MANAGE)
def request_kind_create(request: HttpRequest) -> HttpResponse:
    form = forms.RequestKindForm(posted(request), actor=request.actor)

    def act() -> Any:
        return form.attempt(actions.add_request_kind, actor=request.actor, **form.cleaned_data)

    return ask_in_dialog(
        request,
        form,
        act,
        title=_("Add a kind of request"),
        submit=_("Add"),
        message=_("Now add a flow for it."),
    )


@requires(MANAGE)
def request_kind_edit(request: HttpRequest, request_kind_id: int) -> HttpResponse:
    own = get_request_kind(request_kind_id=request_kind_id)
    initial = {"name_zh": own.name_zh, "name_en": own.name_en, "is_active": own.is_active}
    form = forms.ChangeRequestKindForm(posted(request), actor=request.actor, initial=initial)

    def act() -> Any:
        return form.attempt(
            actions.change_request_kind,
            request_kind_id=request_kind_id,
            actor=request.actor,
            **form.cleaned_data,
        )

    return ask_in_dialog(request, form, act, title=own.name, submit=_("Save"), message=_("Saved."))


# --- One flow -----------------------------------------------------------------------------------


@require_GET
@requires(VIEW)
def flow_detail(request: HttpRequest, flow_id: int) -> HttpResponse:
    flow = get_flow(flow_id=flow_id, actor=request.actor)
    context = {**_editor(request, flow), "history": history(flow, request.actor)}
    return render(request, "approvals/flow_detail.html", context)


def _editor(request: HttpRequest, flow: ApprovalFlow) -> dict[str, Any]:
    kind = kind_of(flow.kind)
    steps, on_return = present_steps(flow)
    draft, published = draft_of(flow), published_of(flow)
    return {
        "flow": flow,
        "kind": kind,
        "place": place_of(flow),
        "cards": _cards(steps, kind),
        "on_return": OnReturn(on_return).label,
        "draft": draft,
        "published": published,
        "versions": list_versions(flow),
        "may_manage": may_manage(request.actor, flow),
        "try_form": forms.TryForm(actor=request.actor, kind=kind),
    }


def _show_steps(request: HttpRequest, flow_id: int) -> HttpResponse:
    flow = get_flow(flow_id=flow_id, actor=request.actor)
    return render(request, "approvals/_flow_steps.html", _editor(request, flow))


def _step_dialog(
    request: HttpRequest, flow_id: int, index: int | None, title: object
) -> HttpResponse:
    flow = get_flow(flow_id=flow_id, actor=request.actor)
    steps, _on_return = present_steps(flow)
    if index is not None and index >= len(steps):
        raise NotFound(_t("There is no such step."))
    step = Step() if index is None else steps[index]
    form = StepForm(
        posted(request),
        actor=request.actor,
        kind=kind_of(flow.kind),
        step=step,
        tools_url=reverse("approvals:step_condition", args=[flow_id]),
    )

    def act() -> Any:
        return form.attempt(
            _save_named, flow_id=flow_id, index=index, data=form.values(), actor=request.actor
        )

    return ask_in_dialog(
        request,
        form,
        act,
        title=title,
        submit=_("Save"),
        message=_("The draft is changed."),
        is_wide=True,
    )


def _save_named(**values: Any) -> ApprovalFlow:
    """Save, and say a refusal beside the field that this form has for it."""
    try:
        return save_step(**values)
    except Invalid as refusal:
        refusal.field = FIELD_OF.get(refusal.field or "", refusal.field)
        raise


@requires(MANAGE)
def step_create(request: HttpRequest, flow_id: int) -> HttpResponse:
    return _step_dialog(request, flow_id, None, _("Add a step"))


@requires(MANAGE)
def step_edit(request: HttpRequest, flow_id: int, index: int) -> HttpResponse:
    return _step_dialog(request, flow_id, index, _("Change the step"))


@require_POST
@requires(MANAGE)
def step_condition(request: HttpRequest, flow_id: int) -> HttpResponse:
    """The inputs that fit the field chosen in a row, and what the rows are as an expression."""
    flow = get_flow(flow_id=flow_id, actor=request.actor)
    kind = kind_of(flow.kind)
    number = request.GET.get("row", "")
    rows = posted_rows(request.POST)
    if number and not (number.isdigit() and 0 < int(number[:3]) <= len(rows)):
        raise Conflict(_t("There is no such row."))
    if number:
        chosen = rows[int(number) - 1].field
        rows[int(number) - 1] = begun_row(kind.every_field.get(chosen), chosen)
    form = StepForm(
        actor=request.actor,
        kind=kind,
        step=Step(),
        rows=rows,
        joiner=request.POST.get("joiner", ""),
        tools_url=request.path,
        initial={"expression": request.POST.get("expression", "")},
    )
    names = [f"operator_{number}", f"value_{number}"] if number else []
    return render(
        request,
        "approvals/_condition.html",
        {"fields": [form[name] for name in (*names, "expression")]},
    )


@require_POST
@requires(MANAGE)
def step_move(request: HttpRequest, flow_id: int) -> HttpResponse:
    """A step was dragged, or moved with its buttons."""
    places = [request.POST.get(name, "") for name in ("step", "to")]
    if not all(place.isdigit() and len(place) < 3 for place in places):
        raise Conflict(_("There is no such step."))
    index, to = (int(place) for place in places)
    move_step(flow_id=flow_id, index=index, to=to, actor=request.actor)
    return _show_steps(request, flow_id)


@require_POST
@requires(MANAGE)
def step_remove(request: HttpRequest, flow_id: int, index: int) -> HttpResponse:
    remove_step(flow_id=flow_id, index=index, actor=request.actor)
    return _show_steps(request, flow_id)


@requires(MANAGE)
def flow_on_return(request: HttpRequest, flow_id: int) -> HttpResponse:
    flow = get_flow(flow_id=flow_id, actor=request.actor)
    _steps, on_return = present_steps(flow)
    form = forms.OnReturnForm(
        posted(request), actor=request.actor, initial={"on_return": on_return}
    )

    def act() -> Any:
        return form.attempt(
            set_on_return, flow_id=flow_id, actor=request.actor, **form.cleaned_data
        )

    return ask_in_dialog(
        request,
        form,
        act,
        title=_("When a request was returned and changed"),
        submit=_("Save"),
        message=_("The draft is changed."),
    )


@require_POST
@requires(MANAGE)
def flow_publish(request: HttpRequest, flow_id: int) -> HttpResponse:
    actions.publish_flow(flow_id=flow_id, actor=request.actor)
    return go_to(
        request,
        "approvals:flow_detail",
        flow_id,
        message=_("Published: it holds for what is submitted from now on."),
    )


@require_POST
@requires(MANAGE)
def flow_retire(request: HttpRequest, flow_id: int) -> HttpResponse:
    actions.retire_flow(flow_id=flow_id, actor=request.actor)
    return go_to(
        request, "approvals:flow_detail", flow_id, message=_("The flow no longer applies.")
    )


# --- Try out ------------------------------------------------------------------------------------


@require_GET
@requires(VIEW)
def flow_try(request: HttpRequest, flow_id: int) -> HttpResponse:
    """Whom the flow, as it is drafted, would ask, and why; nothing is written."""
    flow = get_flow(flow_id=flow_id, actor=request.actor)
    kind = kind_of(flow.kind)
    form = forms.TryForm(request.GET, actor=request.actor, kind=kind)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        subject = _subject_to_try(request, form, kind)
        submitter = form.cleaned_data["submitter"] or request.actor.staff_id
        steps, _on_return = present_steps(flow)
        context |= {"subject": subject, "tried": try_out(steps, kind, subject, submitter)}
    return render(request, "approvals/_flow_try.html", context)


def _subject_to_try(request: HttpRequest, form: forms.TryForm, kind: SubjectKind) -> Subject:
    chosen = form.cleaned_data.get("subject")
    if chosen is not None and kind.get is not None:
        return kind.get(chosen, request.actor)
    store_id = form.cleaned_data["store"]
    store = organisation.stores_by_id([store_id]).get(store_id) if store_id else None
    facts = form.facts()
    amounts = [value for value in facts.values() if isinstance(value, Decimal)]
    return Subject(
        id=0,
        label="",
        store_id=store.pk if store else None,
        region_id=store.region_id if store else None,
        brand=only_brand(store.brand_names) if store else "",
        facts=facts,
        fingerprint="",
        amount=amounts[-1] if kind.has_amount and amounts else None,
    )


@require_POST
@requires(MANAGE)
def flow_replay_start(request: HttpRequest, flow_id: int) -> HttpResponse:
    """Try the draft on the subjects of the last 90 days, in the background."""
    job = start_flow_replay(flow_id=flow_id, actor=request.actor)
    return go_to(request, "approvals:flow_replay", job.pk)


@require_GET
@requires(MANAGE)
def flow_replay(request: HttpRequest, job_id: int) -> HttpResponse:
    """Whom the draft would have asked otherwise; asks again until the job has ended."""
    job = get_flow_replay(job_id=job_id, actor=request.actor)
    context: dict[str, Any] = {
        "job": job,
        "days": DAYS,
        "flow": get_flow(flow_id=job.params["flow_id"], actor=request.actor),
    }
    if job.state == job.State.DONE:
        context["replay"] = describe_flow_replay(job, request.actor)
        draft = draft_of(context["flow"])
        context["is_current"] = draft is not None and draft.steps == job.params["steps"]
    return render_page(
        request, "approvals/flow_replay.html", "approvals/_flow_replay.html", context
    )


# --- Figures ------------------------------------------------------------------------------------


@require_GET
@requires("approvals.see_figures")
def figures(request: HttpRequest) -> HttpResponse:
    """How long each step takes, and where the time limits pass."""
    return render(request, "approvals/figures.html", {"rows": step_figures(request.actor)})
