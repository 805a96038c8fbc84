from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from tenants.management.certificates import facts_of, lines_of
from tenants.management.reporting import ReportingCommand
from tenants.models import ErasureCertificate


class Command(ReportingCommand):
    help = "Show what was erased with the groups that once had an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--slug", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        found = ErasureCertificate.objects.filter(slug=options["slug"], erased_at__isnull=False)
        certificates = list(found.order_by("erased_at"))
        if not certificates:
            raise CommandError(f"No group with the address {options['slug']} was erased.")
        lines = [line for certificate in certificates for line in lines_of(certificate)]
        self.report(options, {"certificates": [facts_of(each) for each in certificates]}, lines)
