from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing, page, record
from api.fields import Body, IdField, MoneyField, OptionField, Representation
from api.filters import Filter
from api.v1.customers import customer
from api.v1.staff import person
from api.v1.stores import store
from apps.care.actions import (
    add_step,
    confirm_solution,
    dispatch_complaint,
    offer_compensation,
    rate_complaint,
    register_complaint,
    reopen_complaint,
    solve_complaint,
)
from apps.care.queries import get_complaint, list_complaints, list_steps
from apps.care.rules.complaints import (
    ADDED_BY_HAND,
    BEST_SATISFACTION,
    COMPLAINT_CHANNELS,
    COMPLAINT_KINDS,
    ComplaintChannel,
    ComplaintState,
    Severity,
    StepKind,
)
from forecourt.kernel.access import Actor

VIEW, REGISTER = "care.view_complaint", "care.register_complaint"
WORK, DISPATCH = "care.work_complaint", "care.dispatch_complaint"
TAG = "complaints"


class ComplaintRow(Representation):
    """What a customer is not content with."""

    expansions = {"customer": customer(), "owner": person("owner_id"), "store": store()}

    id = IdField()
    number = serializers.CharField()
    customer_id = IdField()
    store_id = IdField()
    kind = OptionField(COMPLAINT_KINDS)
    channel = OptionField(COMPLAINT_CHANNELS)
    severity = serializers.ChoiceField(Severity.choices)
    state = serializers.ChoiceField(ComplaintState.choices)
    title = serializers.CharField()
    description = serializers.CharField()
    reference = serializers.CharField()
    received_by_id = IdField(allow_null=True)
    department_id = IdField(allow_null=True)
    owner_id = IdField(allow_null=True)
    reported_at = serializers.DateTimeField()
    reply_due_at = serializers.DateTimeField()
    close_due_at = serializers.DateTimeField()
    first_reply_at = serializers.DateTimeField(allow_null=True)
    solved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    satisfaction = serializers.IntegerField(allow_null=True)
    reopen_count = serializers.IntegerField()
    compensation_amount = MoneyField(help_text=_("What was granted so far."))


class ComplaintStepRow(Representation):
    """What was done about a complaint."""

    id = IdField()
    kind = serializers.ChoiceField(StepKind.choices)
    author_id = IdField(allow_null=True)
    text = serializers.CharField()
    amount = MoneyField()
    happened_at = serializers.DateTimeField()


class ComplaintBody(Body):
    customer_id = IdField()
    store_id = IdField()
    kind = OptionField(COMPLAINT_KINDS)
    title = serializers.CharField(max_length=120)
    channel = OptionField(COMPLAINT_CHANNELS, default=ComplaintChannel.PHONE)
    severity = serializers.ChoiceField(Severity.choices, default=Severity.NORMAL)
    description = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    reference = serializers.CharField(max_length=80, required=False, allow_blank=True)
    department_id = IdField(required=False, allow_null=True)
    owner_id = IdField(required=False, allow_null=True)


class ComplaintStepBody(Body):
    kind = serializers.ChoiceField([(kind, StepKind(kind).label) for kind in ADDED_BY_HAND])
    text = serializers.CharField(max_length=2000)


class ComplaintDispatchBody(Body):
    department_id = IdField(required=False, allow_null=True)
    owner_id = IdField(required=False, allow_null=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ComplaintSeverityBody(Body):
    severity = serializers.ChoiceField(Severity.choices)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class CompensationBody(Body):
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    text = serializers.CharField(max_length=2000)


class ComplaintSolutionBody(Body):
    text = serializers.CharField(max_length=2000)


class ComplaintConfirmBody(Body):
    satisfaction = serializers.IntegerField(min_value=1, max_value=BEST_SATISFACTION)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ComplaintReopenBody(Body):
    reason = serializers.CharField(max_length=2000)


def read_steps(*, complaint_id: int, actor: Actor) -> list[Any]:
    """Raises NotFound."""
    return list(list_steps(get_complaint(complaint_id=complaint_id, actor=actor)))


class Complaints(Endpoint):
    tag = TAG
    get = page(
        list_complaints,
        ComplaintRow,
        name="list_complaints",
        summary=_("Complaints"),
        permission=VIEW,
        filters={
            "state": Filter(
                serializers.ChoiceField(ComplaintState.choices), "state__in", many=True
            ),
            "kind": Filter(OptionField(COMPLAINT_KINDS), "kind__in", many=True),
            "severity": Filter(
                serializers.ChoiceField(Severity.choices), "severity__in", many=True
            ),
            "store_id": Filter(IdField(), "store_id"),
            "owner_id": Filter(IdField(), "owner_id"),
            "customer_id": Filter(IdField(), "customer_id"),
            "reported_from": Filter(serializers.DateField(), "reported_date__gte"),
            "reported_to": Filter(serializers.DateField(), "reported_date__lte"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        register_complaint,
        ComplaintBody,
        ComplaintRow,
        name="register_complaint",
        summary=_("Take in a complaint"),
        description=_("Two clocks begin to run, in the business hours of the store."),
        permission=REGISTER,
        status=201,
    )


class Complaint(Endpoint):
    tag = TAG
    get = record(
        get_complaint, ComplaintRow, name="get_complaint", summary=_("A complaint"), permission=VIEW
    )


class Steps(Endpoint):
    tag = TAG
    get = listing(
        read_steps,
        ComplaintStepRow,
        name="list_complaint_steps",
        summary=_("What was done about a complaint, the newest first"),
        filters={},
    )
    post = command(
        add_step,
        ComplaintStepBody,
        ComplaintRow,
        name="add_complaint_step",
        summary=_("Write down a reply or a note"),
        permission=WORK,
    )


class Dispatch(Endpoint):
    tag = TAG
    post = command(
        dispatch_complaint,
        ComplaintDispatchBody,
        ComplaintRow,
        name="dispatch_complaint",
        summary=_("Give a complaint to a department or a person"),
        permission=DISPATCH,
    )


class Rate(Endpoint):
    tag = TAG
    post = command(
        rate_complaint,
        ComplaintSeverityBody,
        ComplaintRow,
        name="rate_complaint",
        summary=_("Change how serious a complaint is"),
        permission=DISPATCH,
    )


class Compensate(Endpoint):
    tag = TAG
    post = command(
        offer_compensation,
        CompensationBody,
        ComplaintRow,
        name="offer_compensation",
        summary=_("Ask for a compensation"),
        permission=WORK,
    )


class Solve(Endpoint):
    tag = TAG
    post = command(
        solve_complaint,
        ComplaintSolutionBody,
        ComplaintRow,
        name="solve_complaint",
        summary=_("Say how a complaint was solved"),
        permission=WORK,
    )


class Confirm(Endpoint):
    tag = TAG
    post = command(
        confirm_solution,
        ComplaintConfirmBody,
        ComplaintRow,
        name="confirm_solution",
        summary=_("Write down whether the customer is satisfied"),
        permission=WORK,
    )


class Reopen(Endpoint):
    tag = TAG
    post = command(
        reopen_complaint,
        ComplaintReopenBody,
        ComplaintRow,
        name="reopen_complaint",
        summary=_("Open a closed complaint again"),
        permission=WORK,
    )
