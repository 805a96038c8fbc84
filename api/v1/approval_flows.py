from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from apps.approvals import actions
from apps.approvals.queries.flows import get_flow, list_flows, list_versions
from apps.approvals.queries.kinds import list_request_kinds
from apps.approvals.rules.states import OnReturn, VersionState
from apps.approvals.rules.steps import Escalation, LimitUnit, Where

VIEW = "approvals.view_flow"
MANAGE = "approvals.manage_flow"


class VersionRow(Representation):
    """The steps of a flow at one time."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(VersionState.choices)
    on_return = serializers.ChoiceField(OnReturn.choices)
    steps = serializers.JSONField()
    published_at = serializers.DateTimeField(allow_null=True)


class Versions(serializers.ListField):
    child = VersionRow()

    def get_attribute(self, flow: Any) -> list[Any]:
        return list_versions(flow)


class FlowRow(Representation):
    """How subjects of a kind are approved in a part of the group."""

    id = IdField()
    kind = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    store_id = IdField(allow_null=True)
    region_id = IdField(allow_null=True)
    brand = serializers.CharField()


class FlowWithVersions(FlowRow):
    """A flow with all its versions, the latest first."""

    versions = Versions(read_only=True)


class RequestKindRow(Representation):
    """A kind of request that the group added."""

    id = IdField()
    kind = serializers.CharField(help_text=_("How flows and requests name it."))
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    is_active = serializers.BooleanField()


class FlowBody(Body):
    kind = serializers.CharField(max_length=60)
    name_zh = serializers.CharField(max_length=60)
    name_en = serializers.CharField(max_length=60, required=False, allow_blank=True)
    store_id = IdField(required=False, allow_null=True)
    region_id = IdField(required=False, allow_null=True)
    brand = serializers.CharField(max_length=60, required=False, allow_blank=True)


class StepBody(Body):
    name_zh = serializers.CharField(max_length=60, required=False, allow_blank=True)
    name_en = serializers.CharField(max_length=60, required=False, allow_blank=True)
    roles = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=20
    )
    where = serializers.ChoiceField(Where.choices, required=False)
    right = serializers.CharField(max_length=80, required=False, allow_blank=True)
    manager_levels = serializers.IntegerField(min_value=0, max_value=5, required=False)
    person_ids = serializers.ListField(child=IdField(), required=False, max_length=20)
    needs_all = serializers.BooleanField(required=False)
    condition = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text=_("An expression over the subject's fields: amount > 5000"),
    )
    limit_count = serializers.IntegerField(min_value=0, max_value=720, required=False)
    limit_unit = serializers.ChoiceField(LimitUnit.choices, required=False)
    remind_count = serializers.IntegerField(min_value=0, max_value=720, required=False)
    escalation = serializers.ChoiceField(Escalation.choices, required=False)
    escalate_role = serializers.CharField(max_length=40, required=False, allow_blank=True)
    escalate_person_id = IdField(required=False, allow_null=True)
    submitter_may_approve = serializers.BooleanField(required=False)
    skip_if_nobody = serializers.BooleanField(required=False)
    decides_up_to = serializers.DecimalField(
        max_digits=14, decimal_places=2, required=False, allow_null=True
    )


class DraftBody(Body):
    steps = StepBody(many=True)
    on_return = serializers.ChoiceField(OnReturn.choices, required=False)


class RequestKindBody(Body):
    name_zh = serializers.CharField(max_length=60)
    name_en = serializers.CharField(max_length=60, required=False, allow_blank=True)


class Flows(Endpoint):
    tag = "approvals"
    get = page(
        list_flows,
        FlowRow,
        name="list_approval_flows",
        summary=_("Approval flows"),
        permission=VIEW,
        filters={
            "kind": Filter(serializers.CharField(max_length=60), "kind"),
            "store_id": Filter(IdField(), "store_id"),
        },
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        actions.add_flow,
        FlowBody,
        FlowWithVersions,
        name="add_approval_flow",
        summary=_("Add a flow, with a draft to begin with"),
        permission=MANAGE,
        status=201,
    )


class Flow(Endpoint):
    tag = "approvals"
    get = record(
        get_flow,
        FlowWithVersions,
        name="get_approval_flow",
        summary=_("An approval flow"),
        permission=VIEW,
    )


class FlowReplayRow(Representation):
    """A draft tried on the last 90 days; ``result`` is there when it is done."""

    id = IdField()
    state = serializers.CharField()
    result = serializers.DictField(
        help_text=_(
            "How many subjects the flow concerns and about how many others would have been asked; "
            "by person how often: as it is, with the draft; the subjects with both paths."
        )
    )
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class Draft(Endpoint):
    tag = "approvals"
    post = command(
        actions.replace_draft,
        DraftBody,
        FlowWithVersions,
        name="replace_approval_flow_draft",
        summary=_("Make these steps the draft"),
        permission=MANAGE,
    )


class Publish(Endpoint):
    tag = "approvals"
    post = command(
        actions.publish_flow,
        NoBody,
        FlowWithVersions,
        name="publish_approval_flow",
        summary=_("Publish the draft"),
        permission=MANAGE,
    )


class Replay(Endpoint):
    tag = "approvals"
    post = command(
        actions.start_flow_replay,
        NoBody,
        FlowReplayRow,
        name="replay_approval_flow",
        summary=_("Try the draft on the subjects of the last 90 days"),
        permission=MANAGE,
        status=202,
    )


class FlowReplay(Endpoint):
    tag = "approvals"
    get = record(
        actions.get_flow_replay,
        FlowReplayRow,
        name="get_approval_flow_replay",
        summary=_("Whom the draft of a flow would have asked otherwise"),
        permission=MANAGE,
    )


class Retire(Endpoint):
    tag = "approvals"
    post = command(
        actions.retire_flow,
        NoBody,
        FlowWithVersions,
        name="retire_approval_flow",
        summary=_("Let the flow no longer apply"),
        permission=MANAGE,
    )


class RequestKinds(Endpoint):
    tag = "approvals"
    get = page(
        list_request_kinds,
        RequestKindRow,
        name="list_request_kinds",
        summary=_("Kinds of request that the group added"),
        permission="approvals.view_request",
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        actions.add_request_kind,
        RequestKindBody,
        RequestKindRow,
        name="add_request_kind",
        summary=_("Add a kind of request"),
        permission=MANAGE,
        status=201,
    )
