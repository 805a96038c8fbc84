from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel.access import system_actor
from forecourt.kernel.configuration.actions import export_config, fingerprint
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import inside
from tenants.groups import get_group
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Write a group's whole configuration as one YAML file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", required=True, metavar="SLUG")
        parser.add_argument("--to", metavar="FILE", help="where to write it, else printed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            group = get_group(options["group"])
        except NotFound as refusal:
            raise CommandError(refusal.message) from refusal
        with inside(group.identity):
            text = export_config(actor=system_actor("export_config"))
        facts = {"group": group.slug, "sha256": fingerprint(text)}
        if options["to"]:
            try:
                Path(options["to"]).write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['to']}: {error.strerror}") from error
            self.report(options, {**facts, "file": options["to"]}, [options["to"]])
        else:
            self.report(options, {**facts, "text": text}, [text.rstrip("\n")])
