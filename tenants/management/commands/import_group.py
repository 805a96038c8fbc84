from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel.errors import DomainError
from tenants.archive.restoring import restore
from tenants.groups import get_group
from tenants.inspection import inspect
from tenants.management.passphrases import add_passphrase_argument, passphrase_of
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = (
        "Make an empty group what an archive of export_group holds: all of it or nothing. "
        "A run that was cut off goes on when it is started again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", required=True, metavar="SLUG")
        parser.add_argument("--from", required=True, dest="source", metavar="FILE")
        add_passphrase_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        passphrase = passphrase_of(options)
        try:
            group = get_group(options["group"])
            restored = restore(
                group, Path(options["source"]), passphrase=passphrase, progress=self.progress
            )
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        problems = [found for _slug, findings in inspect([group]) for found in findings]
        files = restored.files + restored.files_there
        counted = f"{restored.tables} tables with {restored.rows} rows, {files} files"
        lines = [f"{group.slug}: {counted}."]
        lines += [f"{found.check}: {found.subject}: {found.message}" for found in problems]
        facts = {
            "group": group.slug,
            **asdict(restored),
            "problems": [asdict(found) for found in problems],
        }
        self.report(options, facts, lines)
        if problems:
            raise SystemExit(1)
