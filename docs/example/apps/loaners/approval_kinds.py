from django.utils.translation import gettext_lazy as _

from apps.approvals import subjects
from apps.approvals.rules.fields import FieldKind, SubjectField
from apps.approvals.rules.steps import Step
from apps.approvals.subjects import DefaultFlow, SubjectKind
from apps.loaners.actions import lend_by_flow, refuse_by_flow
from apps.loaners.actions.approval import (
    KIND,
    get_loan_subject,
    lock_loan_subject,
    recent_loans,
)
from apps.loaners.rules import PURPOSES
from forecourt.kernel.option_lists import values as options

subjects.register(
    SubjectKind(
        code=KIND,
        label=_("Long loan of a courtesy car"),
        fields=(
            SubjectField("days", _("Days"), FieldKind.NUMBER),
            SubjectField(
                "purpose", _("What for"), FieldKind.CHOICE, lambda: options.all_choices(PURPOSES)
            ),
        ),
        lock=lock_loan_subject,
        get=get_loan_subject,
        recent=recent_loans,
        page="loaners:loan_detail",
        default_rule=_("Nobody lends a car for longer than the settings say."),
        default_flow=DefaultFlow(
            name_zh="代步车超期审批",
            name_en="Long loans",
            steps=(
                Step(name_zh="服务经理审批", name_en="Service manager", roles=("service_manager",)),
            ),
            is_published=False,
        ),
        on_approved=lend_by_flow,
        on_rejected=refuse_by_flow,
        on_withdrawn=refuse_by_flow,
    )
)
