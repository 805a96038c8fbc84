from typing import Any

from django.core.management.base import CommandError

from billing import gateway, reconciling
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Compare subscriptions with Stripe and the groups, mend what differs, and report it."

    def handle(self, *args: Any, **options: Any) -> None:
        if not gateway.is_configured():
            raise CommandError("STRIPE_SECRET_KEY is not set: there is nothing to compare with.")
        try:
            found = reconciling.reconcile()
        except gateway.StripeError as error:
            raise CommandError(f"Stripe: {error}") from error
        facts = {"drift": [drift.as_dict() for drift in found]}
        lines = [f"{drift.kind}  {drift.schema_name}  {drift.detail}" for drift in found]
        self.report(options, facts, lines or ["Everything agrees."])
