"""What of customer care can be approved by a flow."""

from django.utils.translation import gettext_lazy as _

from apps.approvals import subjects
from apps.approvals.rules.fields import FieldKind, SubjectField
from apps.approvals.rules.steps import Escalation, Step
from apps.approvals.subjects import DefaultFlow, SubjectKind
from apps.care.actions.compensation import (
    KIND,
    decline_by_flow,
    get_compensation_subject,
    grant_by_flow,
    lock_compensation_subject,
    past_compensations,
    recent_complaints,
)
from apps.care.rules.complaints import COMPLAINT_KINDS, Severity
from forecourt.kernel.option_lists import values as options

subjects.register(
    SubjectKind(
        code=KIND,
        label=_("Compensation of a complaint"),
        fields=(
            SubjectField(
                "kind",
                _("Kind of complaint"),
                FieldKind.CHOICE,
                lambda: options.all_choices(COMPLAINT_KINDS),
            ),
            SubjectField("severity", _("Severity"), FieldKind.CHOICE, lambda: Severity.choices),
            SubjectField("reopen_count", _("Opened again"), FieldKind.NUMBER),
            SubjectField("amount", _("Amount"), FieldKind.MONEY),
        ),
        lock=lock_compensation_subject,
        get=get_compensation_subject,
        recent=recent_complaints,
        past=past_compensations,
        page="care:complaint_detail",
        has_amount=True,
        default_rule=_("The compensation is granted at once; nobody approves it."),
        default_flow=DefaultFlow(
            name_zh="投诉补偿审批",
            name_en="Compensation of complaints",
            steps=(
                Step(
                    name_zh="店总经理审批",
                    name_en="Store manager",
                    roles=("store_manager",),
                    limit_count=8,
                    remind_count=4,
                    escalation=Escalation.MANAGER,
                ),
                Step(
                    name_zh="集团审批",
                    name_en="Headquarters",
                    roles=("headquarters",),
                    where="GROUP",
                    condition="amount > 5000",
                    limit_count=2,
                    limit_unit="DAYS",
                ),
            ),
            is_published=True,
        ),
        on_approved=grant_by_flow,
        on_rejected=decline_by_flow,
        on_withdrawn=decline_by_flow,
    )
)
