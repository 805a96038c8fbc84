"""One request: its path, its record, and what each person can do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.approvals import actions, forms
from apps.approvals.models import ApprovalAct, ApprovalRequest
from apps.approvals.queries.attachments import link_to_attachment
from apps.approvals.queries.facts import Fact, facts_for
from apps.approvals.queries.kinds import kind_of
from apps.approvals.queries.paths import path_of
from apps.approvals.queries.requests import (
    acts_of,
    get_request,
    list_absences,
    waiting_for,
)
from apps.approvals.rules.fields import NUMERIC, FieldKind
from apps.approvals.rules.states import OPEN_STATES, ActKind, RequestState
from apps.approvals.views.dialogs import ask_in_dialog, posted
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.ui import values
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, TimelineEntry, detail_page
from forecourt.ui.forms import Form, check_field
from forecourt.ui.responses import go_to, render_page

VIEW = "approvals.view_request"
TABS = (Tab("path", _("Path"), "approvals/_path.html"), HISTORY)
LOOKS = {
    ActKind.SUBMITTED: ("send", "info"),
    ActKind.RESUBMITTED: ("send", "info"),
    ActKind.SKIPPED: ("arrow-right", "neutral"),
    ActKind.UNREADABLE: ("alert-triangle", "warning"),
    ActKind.NOBODY: ("alert-triangle", "warning"),
    ActKind.APPROVED: ("circle-check", "success"),
    ActKind.REJECTED: ("circle-x", "danger"),
    ActKind.RETURNED: ("arrow-back-up", "warning"),
    ActKind.FINISHED: ("checks", "success"),
    ActKind.DELEGATED: ("switch-horizontal", "info"),
    ActKind.HANDED_OVER: ("users", "info"),
    ActKind.WITHDRAWN: ("x", "neutral"),
    ActKind.COMMENTED: ("message", "neutral"),
    ActKind.ATTACHED: ("paperclip", "neutral"),
    ActKind.REMINDED: ("bell", "info"),
    ActKind.ESCALATED: ("trending-up", "warning"),
    ActKind.LATE: ("clock", "danger"),
}


@requires(VIEW)
def approval_detail(request: HttpRequest, approval_id: int) -> HttpResponse:
    approval = get_request(approval_id=approval_id, actor=request.actor)
    kind = kind_of(approval.kind)
    context = {
        "approval": approval,
        "kind": kind,
        "facts": [(fact.field.label, _shown(fact)) for fact in facts_for(approval, request.actor)],
        "path": path_of(approval),
        "entries": [_entry(approval, act) for act in acts_of(approval)],
        "can": _possible(approval, request.actor),
        "subject_url": _subject_url(approval, kind.page),
    }
    return detail_page(request, approval, "approvals/approval_detail.html", TABS, context)


def _shown(fact: Fact) -> Any:
    """A fact that conditions look at, as people read it."""
    item, value = fact.field, fact.value
    if fact.is_hidden:
        return values.mask()
    if value is None or value == "":
        return values.NOTHING
    if item.kind == FieldKind.BOOLEAN:
        return _t("Yes") if value else _t("No")
    if item.kind in (FieldKind.CHOICE, FieldKind.PERSON):
        return item.label_of(value)
    if item.kind == FieldKind.MONEY:
        return values.money(value)
    if item.kind == FieldKind.RATE:
        return values.percent(value)
    return values.number(value) if item.kind in NUMERIC else value


def _entry(approval: ApprovalRequest, act: ApprovalAct) -> TimelineEntry:
    icon, tone = LOOKS[ActKind(act.kind)]
    who = act.actor_name
    if act.for_name:
        about = _t("for %(name)s") % {"name": act.for_name}
        who = f"{who} · {about}" if who else act.for_name
    url, text = "", act.text
    if act.kind == ActKind.ATTACHED:
        url = reverse("approvals:attachment", args=[approval.pk, act.pk])
        if act.file is not None and act.file.refusal:
            url, text = "", act.file.get_refusal_display()
    return TimelineEntry(
        when=act.happened_at,
        title=act.file_name or ActKind(act.kind).label,
        who=who,
        text=text,
        icon=icon,
        tone=tone,
        url=url,
    )


def _possible(approval: ApprovalRequest, actor: Actor) -> dict[str, Any]:
    """What this person can do now; the actions decide again."""
    tasks = waiting_for(approval, actor) if approval.is_pending else []
    is_own = approval.submitter_id is not None and approval.submitter_id == actor.staff_id
    is_open = approval.state in OPEN_STATES
    if tasks and is_own:
        step = approval.version.steps_in_order[approval.step_index]
        tasks = tasks if step.submitter_may_approve else []
    in_place_of = ""
    if tasks and tasks[0].approver_id != actor.staff_id:
        in_place_of = tasks[0].approver.name
    return {
        "decide": bool(tasks),
        "in_place_of": in_place_of,
        "withdraw": is_open
        and (is_own or actor.grant("approvals.manage_flow").covers(approval.store_id, None)),
        "resubmit": is_own and approval.state == RequestState.RETURNED,
    }


def _subject_url(approval: ApprovalRequest, page: str) -> str:
    if not page or approval.subject_id is None:
        return ""
    try:
        return reverse(page, args=[approval.subject_id])
    except NoReverseMatch:
        return ""


# --- Submit -------------------------------------------------------------------------------------


@requires("approvals.submit_request")
def approval_create(request: HttpRequest) -> HttpResponse:
    form = forms.SubmitForm(posted(request), actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        approval = form.attempt(actions.submit_own, actor=request.actor, **form.cleaned_data)
        if approval is not None:
            return go_to(
                request,
                "approvals:approval_detail",
                approval.pk,
                message=_("The request is submitted."),
            )
    return render_page(
        request,
        "approvals/approval_form.html",
        "approvals/_approval_form.html",
        {"form": form, "title": _("Submit a request")},
    )


@requires(VIEW)
def approval_resubmit(request: HttpRequest, approval_id: int) -> HttpResponse:
    """Change and submit again what was returned."""
    approval = get_request(approval_id=approval_id, actor=request.actor)
    if approval.subject_id is not None:
        return _resubmit_subject(request, approval)
    initial = {"title": approval.title, "amount": approval.amount, "text": approval.text}
    form = forms.ResubmitOwnForm(posted(request), actor=request.actor, initial=initial)

    def act() -> Any:
        data = dict(form.cleaned_data)
        return form.attempt(
            actions.resubmit_own,
            approval_id=approval_id,
            actor=request.actor,
            note_text=data.pop("note"),
            **data,
        )

    return ask_in_dialog(
        request,
        form,
        act,
        title=_("Change and submit again"),
        submit=_("Submit again"),
        message=_("The request is submitted again."),
    )


def _resubmit_subject(request: HttpRequest, approval: ApprovalRequest) -> HttpResponse:
    form = forms.NoteForm(posted(request), actor=request.actor)

    def act() -> Any:
        return form.attempt(
            actions.resubmit,
            approval_id=approval.pk,
            actor=request.actor,
            note_text=form.cleaned_data["note"],
        )

    return ask_in_dialog(
        request,
        form,
        act,
        title=_("Submit again"),
        submit=_("Submit again"),
        message=_("The request is submitted again."),
    )


# --- Decide -------------------------------------------------------------------------------------


def _decision(
    form_class: type[Form],
    run: Callable[..., Any],
    title: object,
    submit: object,
    message: object,
    *,
    name: str,
    danger: bool = False,
) -> Callable[[HttpRequest, int], HttpResponse]:
    """A view that asks for a note or a reason in a dialog, and acts."""

    @requires(VIEW)
    def view(request: HttpRequest, approval_id: int) -> HttpResponse:
        approval = get_request(approval_id=approval_id, actor=request.actor)
        form = form_class(
            posted(request), actor=request.actor, initial={"seen_round": approval.round}
        )

        def act() -> Any:
            return form.attempt(
                run, approval_id=approval_id, actor=request.actor, **form.cleaned_data
            )

        return ask_in_dialog(
            request, form, act, title=title, submit=submit, message=message, danger=danger
        )

    view.__name__ = name
    return view


def _approve(*, note: str, **options: Any) -> ApprovalRequest:
    return actions.approve(note_text=note, **options)


def _delegate(*, note: str, **options: Any) -> ApprovalRequest:
    return actions.delegate(note_text=note, **options)


approval_approve = _decision(
    forms.NoteForm,
    _approve,
    _("Approve"),
    _("Approve"),
    _("You have approved it."),
    name="approval_approve",
)
approval_reject = _decision(
    forms.ReasonForm,
    actions.reject,
    _("Reject"),
    _("Reject"),
    _("You have rejected it."),
    name="approval_reject",
    danger=True,
)
approval_return = _decision(
    forms.ReasonForm,
    actions.return_for_change,
    _("Return for change"),
    _("Return"),
    _("It is returned to the submitter."),
    name="approval_return",
)
approval_withdraw = _decision(
    forms.WithdrawForm,
    actions.withdraw,
    _("Withdraw the request"),
    _("Withdraw"),
    _("The request is withdrawn."),
    name="approval_withdraw",
    danger=True,
)
approval_delegate = _decision(
    forms.DelegateForm,
    _delegate,
    _("Let somebody else decide"),
    _("Hand over"),
    _("Somebody else is asked now."),
    name="approval_delegate",
)
approval_comment = _decision(
    forms.CommentForm,
    actions.comment,
    _("Comment"),
    _("Send"),
    _("Your comment is there."),
    name="approval_comment",
)


@requires(VIEW)
def approval_attach(request: HttpRequest, approval_id: int) -> HttpResponse:
    get_request(approval_id=approval_id, actor=request.actor)
    form = forms.AttachForm(posted(request), actor=request.actor)

    def act() -> Any:
        return form.attempt(
            actions.attach,
            approval_id=approval_id,
            actor=request.actor,
            file_ids=form.cleaned_data["file"],
        )

    return ask_in_dialog(
        request,
        form,
        act,
        title=_("Add files"),
        submit=_("Add"),
        message=_("The files are added."),
    )


@never_cache
@require_GET
@requires(VIEW)
def attachment(request: HttpRequest, approval_id: int, act_id: int) -> HttpResponse:
    """Go to where a file of a request is handed out for some minutes, to be saved."""
    return redirect(link_to_attachment(approval_id=approval_id, act_id=act_id, actor=request.actor))


# --- Away ---------------------------------------------------------------------------------------


@requires(VIEW)
def absences(request: HttpRequest) -> HttpResponse:
    """Who decides in my place, and when."""
    initial = {"from_date": today(), "to_date": today()}
    form = forms.AbsenceForm(posted(request), actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        planned = form.attempt(actions.plan_absence, actor=request.actor, **form.cleaned_data)
        if planned is not None:
            return go_to(request, "approvals:absences", message=_("Noted."))
    own = [row for row in list_absences(request.actor) if row.staff_id == request.actor.staff_id]
    others = [
        row for row in list_absences(request.actor) if row.substitute_id == request.actor.staff_id
    ]
    context = {"form": form, "own": own, "others": others}
    if form.is_bound and form.errors:
        return render_page(
            request, "approvals/absences.html", "approvals/_absence_form.html", context
        )
    return render(request, "approvals/absences.html", context)


@require_POST
@requires(VIEW)
def absence_end(request: HttpRequest, absence_id: int) -> HttpResponse:
    actions.end_absence(absence_id=absence_id, actor=request.actor)
    return go_to(request, "approvals:absences", message=_("You decide yourself again."))
