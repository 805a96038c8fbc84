"""The inbox: what waits for me, what I submitted, what I decided, what I may see."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.approvals import actions
from apps.approvals.forms import BulkReasonForm
from apps.approvals.models import ApprovalRequest
from apps.approvals.queries.kinds import all_kinds, kind_label
from apps.approvals.queries.requests import (
    list_decided,
    list_requests,
    list_submitted,
    list_waiting,
    with_deadlines,
)
from apps.approvals.queries.waiting import (
    SHOWN,
    ByRule,
    count_by_rule,
    waiting_by_rule,
    waiting_count,
)
from apps.approvals.rules.states import RequestState
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError, Invalid
from forecourt.ui.access import requires
from forecourt.ui.lists import (
    BulkAction,
    ChoiceFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    MoneyColumn,
    SearchFilter,
    StatusColumn,
)
from forecourt.ui.responses import go_to


def _kinds(_actor: Actor) -> list[tuple[str, Any]]:
    return [(kind.code, kind.label) for kind in all_kinds()]


TITLE = Column("title", _("Subject"), always=True)
KIND = Column("kind", _("Kind"), value=lambda row: kind_label(row.kind))
BY = Column("submitter.name", _("Submitted by"))
STORE = Column("store.name", _("Store"))
AMOUNT = MoneyColumn("amount", _("Amount"))
AT = DateTimeColumn("submitted_at", _("Submitted at"), relative=True, sort="id")
STATE = StatusColumn("state", _("State"))
WAITS = Column("waits_for", _("Waits for"), value=lambda row: ", ".join(row.waits_for[:3]))
DUE = DateTimeColumn("due_at", _("Due"))


class _Box(ListPage):
    permission = "approvals.view_request"
    template = "approvals/inbox.html"
    filters = (
        SearchFilter(_("Subject"), fields=("title",)),
        ChoiceFilter("kind", _("Kind"), _kinds),
    )
    default_sort = "-submitted_at"
    tab: str

    def row_url(self, row: ApprovalRequest) -> str:
        return reverse("approvals:approval_detail", args=[row.pk])

    @cached_property
    def count_by_rule(self) -> int:
        return count_by_rule(self.actor)

    def context(self) -> dict[str, Any]:
        return {
            "tab": self.tab,
            "waiting_count": list_waiting(self.actor).count() + self.count_by_rule,
            "may_submit": self.actor.can("approvals.submit_request"),
        }


class WaitingBox(_Box):
    name = "approvals.waiting"
    title = _("Approvals")
    tab = "waiting"
    columns = (TITLE, KIND, BY, STORE, AMOUNT, AT, DUE)
    default_sort = "submitted_at"
    bulk_actions = (
        BulkAction(
            "approve",
            _("Approve"),
            run=lambda row_id, actor: actions.approve(approval_id=row_id, actor=actor),
            icon="circle-check",
            confirm=_("Approve the chosen requests?"),
        ),
        BulkAction(
            "reject",
            _("Reject"),
            run=lambda row_id, actor, reason: actions.reject(
                approval_id=row_id, actor=actor, reason=reason
            ),
            icon="circle-x",
            is_danger=True,
            form=BulkReasonForm,
        ),
    )

    @property
    def empty(self) -> Empty:
        if self.count_by_rule:
            return Empty(
                _("No flow asks you"),
                _("What stands above is decided by your right alone."),
                icon="circle-check",
            )
        return Empty(
            _("Nothing waits for you"),
            _("What you are asked to approve appears here."),
            icon="circle-check",
        )

    @cached_property
    def count_by_rule(self) -> int:
        rows = self.by_rule
        return len(rows) if len(rows) < SHOWN else count_by_rule(self.actor)

    @cached_property
    def by_rule(self) -> list[ByRule]:
        return waiting_by_rule(self.actor)

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "by_rule": self.by_rule,
            "more_by_rule": self.count_by_rule - len(self.by_rule),
        }

    def get_queryset(self, actor: Actor) -> QuerySet[ApprovalRequest]:
        return with_deadlines(list_waiting(actor))


class SubmittedBox(_Box):
    name = "approvals.submitted"
    title = _("Submitted by me")
    tab = "submitted"
    columns = (TITLE, KIND, STATE, WAITS, AMOUNT, AT, DUE)
    filters = (*_Box.filters, ChoiceFilter("state", _("State"), RequestState))
    empty = Empty(
        _("You have submitted nothing yet"),
        icon="send",
        url_name="approvals:approval_create",
        label=_("Submit a request"),
        permission="approvals.submit_request",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[ApprovalRequest]:
        return with_deadlines(list_submitted(actor))


class DecidedBox(_Box):
    name = "approvals.decided"
    title = _("Decided by me")
    tab = "decided"
    columns = (TITLE, KIND, BY, STORE, STATE, AMOUNT, AT)
    filters = (*_Box.filters, ChoiceFilter("state", _("State"), RequestState))
    empty = Empty(_("You have decided nothing yet"), icon="circle-check")

    def get_queryset(self, actor: Actor) -> QuerySet[ApprovalRequest]:
        return with_deadlines(list_decided(actor))


class AllBox(_Box):
    name = "approvals.all"
    title = pgettext_lazy("approvals", "All approvals")
    tab = "all"
    columns = (TITLE, KIND, BY, STORE, STATE, WAITS, AMOUNT, AT, DUE)
    filters = (*_Box.filters, ChoiceFilter("state", _("State"), RequestState))
    empty = Empty(_("No approvals yet"), icon="circle-check")

    def get_queryset(self, actor: Actor) -> QuerySet[ApprovalRequest]:
        return with_deadlines(list_requests(actor)).in_focus(actor)


@require_POST
@requires("approvals.view_request")
def approve_by_rule(request: HttpRequest) -> HttpResponse:
    """Agree to the chosen ones of what waits without a flow; each stands or falls by itself."""
    done, refusals = 0, []
    for chosen in request.POST.getlist("subject")[:SHOWN]:
        kind, _colon, subject_id = chosen.rpartition(":")
        try:
            actions.approve_by_rule(kind=kind, subject_id=int(subject_id), actor=request.actor)
        except (ValueError, DomainError) as refusal:
            refusals.append(getattr(refusal, "message", "") or _t("No such record."))
        else:
            done += 1
    if not done and not refusals:
        raise Invalid(_t("Choose at least one."))
    for refusal in dict.fromkeys(refusals):
        messages.error(request, refusal)
    approved = ngettext("%(count)s approved.", "%(count)s approved.", done) % {"count": done}
    return go_to(request, "approvals:waiting_list", message=approved if done else None)


@require_GET
@never_cache
@requires("approvals.view_request")
def waiting_badge(request: HttpRequest) -> HttpResponse:
    """The number beside the inbox in the navigation, which pages read from the cache alone."""
    count = waiting_count.get(request.actor.staff_id) if request.actor.staff_id else 0
    return render(request, "ui/_badge.html", {"count": count})
