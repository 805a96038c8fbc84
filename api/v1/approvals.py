from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing, page, record
from api.fields import Body, IdField, MoneyField, NoBody, Representation, actor_asking
from api.filters import Filter
from api.v1.staff import person
from api.v1.stores import store
from api.v1.uploads import LinkRow
from apps.approvals import actions
from apps.approvals.queries.attachments import (
    get_attachment,
    link_to_attachment,
    list_attachments,
)
from apps.approvals.queries.facts import facts_for
from apps.approvals.queries.kinds import kind_label
from apps.approvals.queries.paths import StepState, path_of
from apps.approvals.queries.requests import (
    acts_of,
    get_request,
    list_requests,
    list_waiting,
)
from apps.approvals.queries.waiting import COUNT_AT_MOST, ByRule, waiting_by_rule
from apps.approvals.rules.states import ActKind, RequestState, TaskState
from forecourt.kernel.access import Actor
from forecourt.kernel.models import StoredFile

VIEW = "approvals.view_request"
AMOUNT = {"max_digits": 14, "decimal_places": 2, "min_value": 0}


class KindLabel(serializers.CharField):
    """What the kind is called."""

    def get_attribute(self, request: Any) -> str:
        return kind_label(request.kind)


class ApprovalRow(Representation):
    """Something that waits for an approval, or has got its answer."""

    expansions = {"store": store(), "submitter": person("submitter_id")}

    id = IdField()
    kind = serializers.CharField()
    kind_label = KindLabel()
    subject_id = IdField(allow_null=True, help_text=_("The record that is to be approved."))
    title = serializers.CharField()
    text = serializers.CharField()
    amount = MoneyField()
    store_id = IdField(allow_null=True)
    submitter_id = IdField(allow_null=True)
    state = serializers.ChoiceField(RequestState.choices)
    round = serializers.IntegerField(help_text=_("How often it was submitted."))
    submitted_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class WaitingRow(ApprovalRow):
    """Something that waits for the caller's decision."""


class ByRuleRow(Representation):
    """Something that a kind's default rule puts before the caller."""

    kind = serializers.CharField()
    kind_label = serializers.CharField()
    subject_id = IdField()
    title = serializers.CharField()
    submitter = serializers.CharField()
    store = serializers.CharField()
    since = serializers.DateTimeField()


class AskedRow(Representation):
    """Somebody who is, or was, to decide."""

    staff_id = IdField()
    name = serializers.CharField()
    stands_for = serializers.CharField(help_text=_("In whose place."))
    state = serializers.ChoiceField(TaskState.choices)
    why = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    is_late = serializers.BooleanField()


class PathRow(Representation):
    """A step and what has happened to it."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    when = serializers.CharField()
    who = serializers.CharField()
    state = serializers.ChoiceField(StepState.choices)
    text = serializers.CharField()
    people = AskedRow(many=True)


class Path(serializers.ListField):
    child = PathRow()

    def get_attribute(self, request: Any) -> list[Any]:
        return path_of(request)


class ActRow(Representation):
    """An entry of the request's record."""

    id = IdField()
    kind = serializers.ChoiceField(ActKind.choices)
    happened_at = serializers.DateTimeField()
    actor_id = IdField(allow_null=True)
    actor_name = serializers.CharField()
    for_name = serializers.CharField()
    text = serializers.CharField()
    file_name = serializers.CharField()


class Acts(serializers.ListField):
    child = ActRow()

    def get_attribute(self, request: Any) -> list[Any]:
        return acts_of(request)


class FactRow(Representation):
    """What the request is about, as conditions see it; hidden from whoever lacks the right."""

    name = serializers.CharField(source="field.name")
    label = serializers.CharField(source="field.label")
    value = serializers.CharField(source="text", allow_null=True)
    is_hidden = serializers.BooleanField()


class Facts(serializers.ListField):
    child = FactRow()

    def get_attribute(self, request: Any) -> list[Any]:
        return facts_for(request, actor_asking())


class ApprovalWithPath(ApprovalRow):
    """A request with its facts, its path and its record."""

    facts = Facts(read_only=True)
    path = Path(read_only=True)
    acts = Acts(read_only=True)


class AttachmentRow(Representation):
    """A file of a request."""

    id = IdField()
    file_name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    happened_at = serializers.DateTimeField()
    actor_id = IdField(allow_null=True)
    actor_name = serializers.CharField()
    state = serializers.ChoiceField(
        StoredFile.State.choices, source="file.state", default=StoredFile.State.READY
    )
    refusal = serializers.ChoiceField(
        StoredFile.Refusal.choices, source="file.refusal", default="", allow_blank=True
    )


class SubmitBody(Body):
    request_kind_id = IdField()
    title = serializers.CharField(max_length=200)
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    amount = serializers.DecimalField(required=False, allow_null=True, **AMOUNT)
    store_id = IdField(required=False, allow_null=True)


class DecideBody(Body):
    """``seen_round`` guards against deciding what was changed since it was read."""

    seen_round = serializers.IntegerField(required=False, min_value=1, max_value=32767)


class AgreeBody(DecideBody):
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class ReasonBody(DecideBody):
    reason = serializers.CharField(max_length=1000)


class DelegateBody(Body):
    to_staff_id = IdField()
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class WithdrawBody(Body):
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)


class CommentBody(Body):
    text = serializers.CharField(max_length=1000)


class AttachBody(Body):
    file_id = IdField(help_text=_("An upload of one's own for approvals.attachment."))


class ResubmitBody(Body):
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)


def _attach(*, approval_id: int, file_id: int, actor: Actor) -> Any:
    (act,) = actions.attach(approval_id=approval_id, file_ids=[file_id], actor=actor)
    return act


def _approve(*, approval_id: int, actor: Actor, note: str = "", **values: Any) -> Any:
    return actions.approve(approval_id=approval_id, actor=actor, note_text=note, **values)


def _delegate(*, approval_id: int, actor: Actor, note: str = "", **values: Any) -> Any:
    return actions.delegate(approval_id=approval_id, actor=actor, note_text=note, **values)


def _resubmit(*, approval_id: int, actor: Actor, note: str = "") -> Any:
    return actions.resubmit(approval_id=approval_id, actor=actor, note_text=note)


def _waits_for(rows: QuerySet, staff_id: int) -> QuerySet:
    return rows.filter(tasks__approver=staff_id, tasks__state=TaskState.WAITING).distinct()


FILTERS = {
    "state": Filter(serializers.ChoiceField(RequestState.choices), "state__in", many=True),
    "kind": Filter(serializers.CharField(max_length=60), "kind__in", many=True),
    "store_id": Filter(IdField(), "store_id"),
    "submitter_id": Filter(IdField(), "submitter_id"),
    "subject_id": Filter(IdField(), "subject_id"),
    "waits_for_id": Filter(IdField(), _waits_for, _("The member of staff who is to decide now.")),
}


class Approvals(Endpoint):
    tag = "approvals"
    get = page(
        list_requests,
        ApprovalRow,
        name="list_approvals",
        summary=_("Approvals"),
        permission=VIEW,
        filters=FILTERS,
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        actions.submit_own,
        SubmitBody,
        ApprovalWithPath,
        name="submit_approval",
        summary=_("Submit a request of one of the group's own kinds"),
        permission="approvals.submit_request",
        status=201,
    )


class Waiting(Endpoint):
    tag = "approvals"
    get = page(
        list_waiting,
        WaitingRow,
        name="list_waiting_approvals",
        summary=_("What waits for the caller's decision"),
        permission=VIEW,
        filters=FILTERS,
        orderings={"id": "id"},
        default_ordering="id",
    )


class WaitingByRule(Endpoint):
    tag = "approvals"

    @staticmethod
    def rows(*, actor: Actor) -> list[ByRule]:
        actor.require(VIEW)
        return waiting_by_rule(actor, most=COUNT_AT_MOST)

    get = listing(
        rows,
        ByRuleRow,
        name="list_waiting_subjects",
        summary=_("What waits for the caller without a flow, by the default rules"),
        filters={},
        description=_("Decided where it lives: a transfer by its own endpoints."),
    )


class Approval(Endpoint):
    tag = "approvals"
    get = record(
        get_request,
        ApprovalWithPath,
        name="get_approval",
        summary=_("An approval with its path"),
        permission=VIEW,
    )


def _act(action: Any, body: type[Body], name: str, summary: Any) -> Any:
    return command(action, body, ApprovalWithPath, name=name, summary=summary, permission=VIEW)


class Approve(Endpoint):
    tag = "approvals"
    post = _act(_approve, AgreeBody, "approve_approval", _("Agree"))


class Reject(Endpoint):
    tag = "approvals"
    post = _act(actions.reject, ReasonBody, "reject_approval", _("Say no, with a reason"))


class Return(Endpoint):
    tag = "approvals"
    post = _act(
        actions.return_for_change, ReasonBody, "return_approval", _("Return it for a change")
    )


class Resubmit(Endpoint):
    tag = "approvals"
    post = _act(_resubmit, ResubmitBody, "resubmit_approval", _("Submit it again"))


class Delegate(Endpoint):
    tag = "approvals"
    post = _act(
        _delegate, DelegateBody, "delegate_approval", _("Let somebody else decide in one's place")
    )


class Withdraw(Endpoint):
    tag = "approvals"
    post = _act(actions.withdraw, WithdrawBody, "withdraw_approval", _("Take it back"))


class Comment(Endpoint):
    tag = "approvals"
    post = _act(actions.comment, CommentBody, "comment_on_approval", _("Say something about it"))


class Attachments(Endpoint):
    tag = "approvals"
    get = page(
        list_attachments,
        AttachmentRow,
        name="list_approval_attachments",
        summary=_("The files of an approval"),
        permission=VIEW,
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        _attach,
        AttachBody,
        AttachmentRow,
        name="attach_to_approval",
        summary=_("Add a file for everybody involved"),
        permission=VIEW,
        status=201,
    )


class Attachment(Endpoint):
    tag = "approvals"
    get = record(
        get_attachment,
        AttachmentRow,
        name="get_approval_attachment",
        summary=_("A file of an approval"),
        permission=VIEW,
    )


class OpenAttachment(Endpoint):
    tag = "approvals"
    post = command(
        link_to_attachment,
        NoBody,
        LinkRow,
        name="open_approval_attachment",
        summary=_("Get an address that hands out a file of an approval"),
        permission=VIEW,
        told_once=("url",),
    )
