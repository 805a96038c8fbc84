from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, Representation
from api.filters import Filter
from api.v1.staff import person
from api.v1.stores import store
from apps.vehicles import actions
from apps.vehicles.queries import get_transfer, list_lines, list_transfers
from apps.vehicles.rules.states import TransferReason, TransferState
from forecourt.kernel.access import Actor

VIEW = "vehicles.view_transfer"


class TransferRow(Representation):
    """Vehicles on their way from one store to another."""

    expansions = {
        "from_store": store("from_store_id"),
        "to_store": store("to_store_id"),
        "requested_by": person("requested_by_id"),
    }

    id = IdField()
    number = serializers.CharField()
    state = serializers.ChoiceField(TransferState.choices)
    reason = serializers.ChoiceField(TransferReason.choices)
    from_store_id = IdField()
    to_store_id = IdField()
    unit_count = serializers.IntegerField()
    order_reference = serializers.CharField()
    note = serializers.CharField()
    carrier = serializers.CharField()
    dispatch_note = serializers.CharField()
    receipt_note = serializers.CharField()
    closing_reason = serializers.CharField()
    requested_at = serializers.DateTimeField()
    requested_by_id = IdField(allow_null=True)
    approval_id = IdField(allow_null=True, help_text=_("The approval that decides about it."))
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by_id = IdField(allow_null=True)
    dispatched_at = serializers.DateTimeField(allow_null=True)
    dispatched_by_id = IdField(allow_null=True)
    received_at = serializers.DateTimeField(allow_null=True)
    received_by_id = IdField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by_id = IdField(allow_null=True)


class LineRow(Representation):
    """One vehicle of a transfer."""

    stock_unit_id = IdField(source="unit_id")
    stock_number = serializers.CharField(source="unit.stock_number")
    vin = serializers.CharField(source="unit.vehicle.vin", allow_null=True)
    is_open = serializers.BooleanField()
    outcome = serializers.CharField()
    dispatch_mileage = serializers.IntegerField(allow_null=True)
    receipt_mileage = serializers.IntegerField(allow_null=True)
    damage_note = serializers.CharField()


class Lines(serializers.ListField):
    """The transfer's vehicles, read when they are asked for."""

    child = LineRow()

    def get_attribute(self, transfer: Any) -> list[Any]:
        return list_lines(transfer)


class TransferWithLines(TransferRow):
    """A transfer with its vehicles."""

    lines = Lines(read_only=True)


class RequestBody(Body):
    stock_unit_ids = serializers.ListField(child=IdField(), allow_empty=False, max_length=100)
    to_store_id = IdField()
    reason = serializers.ChoiceField(TransferReason.choices)
    order_reference = serializers.CharField(max_length=40, required=False, allow_blank=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ApproveBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class Mileage(Body):
    stock_unit_id = IdField()
    mileage = serializers.IntegerField(min_value=0, max_value=9_999_999)


class DispatchBody(Body):
    carrier = serializers.CharField(max_length=100, required=False, allow_blank=True)
    mileage = Mileage(many=True, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ReceiptBody(Body):
    stock_unit_id = IdField()
    is_refused = serializers.BooleanField(default=False)
    mileage = serializers.IntegerField(
        min_value=0, max_value=9_999_999, required=False, allow_null=True
    )
    damage_note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ReceiveBody(Body):
    """Without receipts all vehicles have arrived as they should."""

    receipts = ReceiptBody(many=True, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RefuseBody(Body):
    reason = serializers.CharField(max_length=300)
    stock_unit_ids = serializers.ListField(
        child=IdField(), required=False, allow_empty=False, help_text=_("All that are left.")
    )


class CancelBody(Body):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class RejectBody(Body):
    reason = serializers.CharField(max_length=300)


def _dispatch(*, transfer_id: int, actor: Actor, **values: Any) -> Any:
    mileage = {line["stock_unit_id"]: line["mileage"] for line in values.pop("mileage", [])}
    return actions.dispatch_transfer(
        transfer_id=transfer_id, actor=actor, mileage=mileage, **values
    )


def _receive(*, transfer_id: int, actor: Actor, **values: Any) -> Any:
    given = values.pop("receipts", None)
    receipts = given and {
        line.pop("stock_unit_id"): actions.Receipt(**line) for line in map(dict, given)
    }
    return actions.receive_transfer(
        transfer_id=transfer_id, actor=actor, receipts=receipts or None, **values
    )


class Transfers(Endpoint):
    tag = "transfers"
    get = page(
        list_transfers,
        TransferRow,
        name="list_transfers",
        summary=_("Transfers from and to the caller's stores"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(TransferState.choices), "state__in", many=True),
            "from_store_id": Filter(IdField(), "from_store_id"),
            "to_store_id": Filter(IdField(), "to_store_id"),
            "number": Filter(serializers.CharField(), "number"),
            "requested_from": Filter(serializers.DateField(), "requested_date__gte"),
            "requested_to": Filter(serializers.DateField(), "requested_date__lte"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        actions.request_transfer,
        RequestBody,
        TransferRow,
        name="request_transfer",
        summary=_("Request a transfer"),
        permission="vehicles.request_transfer",
        status=201,
    )


class Transfer(Endpoint):
    tag = "transfers"
    get = record(
        get_transfer,
        TransferWithLines,
        name="get_transfer",
        summary=_("A transfer with its vehicles"),
        permission=VIEW,
    )


def _step(
    action: Any, body: type[Body], *, name: str, summary: Any, permission: str
) -> type[Endpoint]:
    """One step in the life of a transfer."""
    handler = command(
        action,
        body,
        TransferRow,
        name=f"{name}_transfer",
        summary=summary,
        permission=f"vehicles.{permission}",
    )
    return type(f"{name.capitalize()}Transfer", (Endpoint,), {"tag": "transfers", "post": handler})


Approve = _step(
    actions.approve_transfer,
    ApproveBody,
    name="approve",
    summary=_("Approve a transfer for the sending store"),
    permission="approve_transfer",
)
Reject = _step(
    actions.reject_transfer,
    RejectBody,
    name="reject",
    summary=_("Say no to a request"),
    permission="approve_transfer",
)
Dispatch = _step(
    _dispatch,
    DispatchBody,
    name="dispatch",
    summary=_("Send the vehicles off"),
    permission="dispatch_transfer",
)
Receive = _step(
    _receive,
    ReceiveBody,
    name="receive",
    summary=_("Take the vehicles into the receiving store"),
    permission="receive_transfer",
)
Refuse = _step(
    actions.refuse_transfer,
    RefuseBody,
    name="refuse",
    summary=_("Refuse vehicles at receipt: they go back"),
    permission="receive_transfer",
)
Cancel = _step(
    actions.cancel_transfer,
    CancelBody,
    name="cancel",
    summary=_("Take a transfer back before it is sent"),
    permission="request_transfer",
)
