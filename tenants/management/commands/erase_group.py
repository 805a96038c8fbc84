from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel.errors import NotFound
from tenants.erasure import NotErased, erase
from tenants.groups import get_group
from tenants.management.certificates import facts_of, lines_of
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
        try:
            certificate = erase(group)
        except NotErased as error:
            raise CommandError(f"{error} Run the command again.") from error
        self.report(options, facts_of(certificate), lines_of(certificate))
