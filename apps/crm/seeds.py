"""What a new group hands out leads by until it decides otherwise."""

from apps.crm.models import AssignmentRule, LeadPolicy
from apps.crm.rules.assignment import Strategy
from forecourt.kernel.seeds import plants


@plants(order=40)
def plant_lead_rules() -> None:
    LeadPolicy.objects.get_or_create(pk=1)
    if not AssignmentRule.objects.exists():
        AssignmentRule.objects.create(
            name="区域优先，按成交率分配", sequence=10, strategy=Strategy.WON_RATE
        )
