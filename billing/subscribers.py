"""What is forgotten of who paid when a group is gone."""

from billing.models import GroupFigures, Subscription, UsageReport
from forecourt.kernel import events
from tenants.events import GroupErased


@events.subscribe(GroupErased)
def forget_subscription(event: GroupErased) -> None:
    """A subscription that still runs at Stripe is found, and ended, by the nightly comparison."""
    for model in (Subscription, UsageReport, GroupFigures):
        model.objects.filter(schema_name=event.schema_name).delete()
