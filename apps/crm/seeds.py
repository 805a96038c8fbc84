"""What a new group hands out leads by until it decides otherwise."""

from apps.crm.models import AssignmentRule, LeadPolicy
from apps.crm.rules.assignment import Strategy
from forecourt.kernel.group_settings import take_over
from forecourt.kernel.seeds import plants

DECIDED_BEFORE = ("response_minutes", "protection_days", "repeat_days", "open_lead_cap")


@plants(order=40)
def plant_lead_rules() -> None:
    # The release before, which may run beside this one for a while, reads the row.
    policy = LeadPolicy.objects.get_or_create(pk=1)[0]
    take_over({f"crm.{name}": getattr(policy, name) for name in DECIDED_BEFORE})
    if not AssignmentRule.objects.exists():
        AssignmentRule.objects.create(
            name="区域优先，按成交率分配", sequence=10, strategy=Strategy.WON_RATE
        )
