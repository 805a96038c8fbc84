import os
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError

from forecourt.kernel.access import system_actor
from forecourt.kernel.crypto.rings import ring
from forecourt.kernel.errors import DomainError
from forecourt.kernel.groups import inside
from tenants.archive.keys import require_good_passphrase, secret_of_passphrase
from tenants.archive.writing import record_archive, write_archive
from tenants.groups import get_group
from tenants.management.passphrases import add_passphrase_argument, passphrase_of
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = (
        "Write everything of a group to one file: tables as CSV and JSON, stored files, and a "
        "manifest of checksums. The file appears when it is whole."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", required=True, metavar="SLUG")
        parser.add_argument("--to", required=True, dest="target", metavar="FILE")
        add_passphrase_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(options["target"])
        draft = target.with_name(f"{target.name}.part")
        try:
            group = get_group(options["group"])
            secret = None
            if passphrase := passphrase_of(options):
                require_good_passphrase(passphrase)
                with inside(group.identity):
                    secret = secret_of_passphrase(passphrase, ring())
            with _private(draft) as file:
                written = write_archive(group, file, secret=secret, progress=self.progress)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        except OSError as error:
            raise CommandError(f"{error.filename or draft}: {error.strerror}") from error
        record_archive(group, written, actor=system_actor("export_group"))
        facts = {
            "group": group.slug,
            "file": str(target),
            "size": target.stat().st_size,
            "tables": written.tables,
            "rows": written.rows,
            "files": written.files,
            "missing": written.missing,
            "unreadable": written.unreadable,
        }
        lines = [
            f"{target}: {written.tables} tables with {written.rows} rows, {written.files} files."
        ]
        lines += [f"{name} was removed while the archive was written." for name in written.missing]
        if written.unreadable:
            lines.append(f"{written.unreadable} values are encrypted with keys that are lost.")
        self.report(options, facts, lines)


def _private(path: Path) -> IO[bytes]:
    """For its owner alone: it holds everything in clear."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
