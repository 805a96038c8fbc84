"""What of vehicles can be approved by a flow."""

from django.utils.translation import gettext_lazy as _

from apps.approvals import subjects
from apps.approvals.rules.fields import FieldKind, SubjectField
from apps.approvals.rules.steps import Escalation, Step
from apps.approvals.subjects import DefaultFlow, DefaultInbox, SubjectKind
from apps.vehicles.actions.transfer_approval import (
    KIND,
    describe_waiting,
    get_transfer_subject,
    lock_transfer_subject,
    past_transfers,
    recent_transfers,
)
from apps.vehicles.actions.transfers import (
    approve_by_flow,
    approve_transfer,
    cancel_by_flow,
    reject_by_flow,
)
from apps.vehicles.queries import transfers_to_approve
from apps.vehicles.rules.states import TransferReason

subjects.register(
    SubjectKind(
        code=KIND,
        label=_("Vehicle transfer"),
        fields=(
            SubjectField("unit_count", _("Vehicles"), FieldKind.NUMBER),
            SubjectField("value", _("List price of all"), FieldKind.MONEY),
            SubjectField("reason", _("Reason"), FieldKind.CHOICE, lambda: TransferReason.choices),
            SubjectField("between_companies", _("Between two companies"), FieldKind.BOOLEAN),
            SubjectField("to_store", _("Receiving store"), FieldKind.CHOICE, subjects.stores),
            SubjectField("cost", _("Cost of all"), FieldKind.MONEY, mask="vehicles.see_cost"),
        ),
        lock=lock_transfer_subject,
        get=get_transfer_subject,
        recent=recent_transfers,
        past=past_transfers,
        page="vehicles:transfer_detail",
        has_amount=True,
        default_rule=_(
            "Whoever may approve transfers of the sending store approves, but not the requester."
        ),
        default_flow=DefaultFlow(
            name_zh="车辆调拨审批",
            name_en="Vehicle transfers",
            steps=(
                Step(
                    name_zh="调出门店审批",
                    name_en="Sending store",
                    right="vehicles.approve_transfer",
                    limit_count=4,
                    remind_count=2,
                    escalation=Escalation.MANAGER,
                ),
            ),
            is_published=False,
        ),
        waiting=DefaultInbox(
            transfers_to_approve,
            describe_waiting,
            lambda transfer_id, actor: approve_transfer(transfer_id=transfer_id, actor=actor),
        ),
        on_approved=approve_by_flow,
        on_rejected=reject_by_flow,
        on_withdrawn=cancel_by_flow,
    )
)
