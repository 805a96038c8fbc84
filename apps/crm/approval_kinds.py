"""What of customers can be approved by a flow."""

from django.utils.translation import gettext_lazy as _

from apps.approvals import subjects
from apps.approvals.rules.fields import FieldKind, SubjectField
from apps.approvals.rules.steps import Escalation, Step
from apps.approvals.subjects import DefaultFlow, SubjectKind
from apps.crm.actions.loss_approval import (
    KIND,
    get_loss_subject,
    lock_loss_subject,
    past_losses,
    recent_opportunities,
)
from apps.crm.actions.opportunities import lose_by_flow
from apps.crm.rules.opportunities import LOST_REASONS, IntentLevel, Stage
from forecourt.kernel.option_lists import values as options

subjects.register(
    SubjectKind(
        code=KIND,
        label=_("Lost opportunity"),
        fields=(
            SubjectField("level", _("Intent level"), FieldKind.CHOICE, lambda: IntentLevel.choices),
            SubjectField("stage", _("Stage"), FieldKind.CHOICE, lambda: Stage.choices),
            SubjectField(
                "lost_reason",
                _("Lost reason"),
                FieldKind.CHOICE,
                lambda: options.all_choices(LOST_REASONS),
            ),
            SubjectField("budget", _("Budget"), FieldKind.MONEY),
            SubjectField("has_trade_in", _("Trades in a car"), FieldKind.BOOLEAN),
        ),
        lock=lock_loss_subject,
        get=get_loss_subject,
        recent=recent_opportunities,
        past=past_losses,
        page="crm:opportunity_detail",
        has_amount=True,
        default_rule=_("The deal is lost at once; nobody confirms it."),
        default_flow=DefaultFlow(
            name_zh="战败确认",
            name_en="Lost deals",
            steps=(
                Step(
                    name_zh="销售经理确认",
                    name_en="Manager confirms",
                    roles=("sales_manager", "store_manager"),
                    limit_count=8,
                    remind_count=4,
                    escalation=Escalation.MANAGER,
                ),
            ),
            is_published=True,
        ),
        on_approved=lose_by_flow,
    )
)
