from typing import Any

from django.core.management.base import CommandError

from billing import catalogue, gateway
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Bring products, prices and meters in Stripe in step with the plans in the code."

    def handle(self, *args: Any, **options: Any) -> None:
        if not gateway.is_configured():
            raise CommandError("STRIPE_SECRET_KEY is not set: there is no Stripe to bring in step.")
        try:
            report = catalogue.sync()
        except gateway.StripeError as error:
            raise CommandError(f"Stripe: {error}") from error
        facts = {
            "created": report.created,
            "replaced": report.replaced,
            "unchanged": report.unchanged,
        }
        self.report(options, facts, [f"{word}: {len(names)}" for word, names in facts.items()])
