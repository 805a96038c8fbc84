from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel.errors import NotFound
from tenants.groups import erase, get_group
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Erase a group with everything it had: rows, files, accounts, its address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--slug", required=True)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            group = get_group(options["slug"])
        except NotFound as refusal:
            raise CommandError(refusal.message) from refusal
        if not options["yes"]:
            question = f"Type {group.slug} to erase {group.name} for good: "
            if options["json"] or input(question).strip() != group.slug:
                raise CommandError("Nothing was erased (confirm, or give --yes).")
        certificate = erase(group)
        rows = sum(certificate.counts.values())
        self.report(
            options,
            {
                "slug": certificate.slug,
                "schema": certificate.schema_name,
                "erased_at": certificate.erased_at,
                "rows": certificate.counts,
            },
            [f"{certificate.slug} erased with {rows} rows."],
        )
