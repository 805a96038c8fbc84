"""The flows that a new group begins with; it changes them and adds its own."""

from apps.approvals.actions.flows import write_draft, write_published
from apps.approvals.models import ApprovalFlow, RequestKind
from apps.approvals.rules.states import OnReturn
from apps.approvals.rules.steps import Escalation, Step
from apps.approvals.subjects import OWN, DefaultFlow, declared
from forecourt.kernel.access import system_actor
from forecourt.kernel.seeds import plants

GENERAL = "general"
GENERAL_FLOW = DefaultFlow(
    name_zh="通用申请",
    name_en="General requests",
    steps=(
        Step(
            name_zh="直属上级审批",
            name_en="Manager",
            manager_levels=1,
            limit_count=1,
            limit_unit="DAYS",
            escalation=Escalation.MANAGER,
        ),
        Step(
            name_zh="集团审批",
            name_en="Group",
            roles=("group_owner",),
            where="GROUP",
            condition="amount > 10000",
            limit_count=2,
            limit_unit="DAYS",
        ),
    ),
    is_published=True,
)


@plants(order=60)
def plant_flows() -> None:
    """A flow for each kind that has none yet; what a group has, also unpublished, stays."""
    if not RequestKind.objects.exists():
        RequestKind.objects.create(code=GENERAL, name_zh="通用申请", name_en="General request")
    defaults = {kind.code: kind.default_flow for kind in declared() if kind.default_flow}
    if RequestKind.objects.filter(code=GENERAL).exists():
        defaults[f"{OWN}{GENERAL}"] = GENERAL_FLOW
    planted = set(ApprovalFlow.objects.values_list("kind", flat=True))
    for kind, default in defaults.items():
        if kind not in planted:
            _plant(kind, default)


def _plant(kind: str, default: DefaultFlow) -> None:
    flow = ApprovalFlow.objects.create(kind=kind, name_zh=default.name_zh, name_en=default.name_en)
    draft = write_draft(flow, list(default.steps), OnReturn.RESTART, system_actor())
    if default.is_published:
        write_published(flow, draft, system_actor())
