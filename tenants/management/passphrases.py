"""How a command is given a passphrase: never as an argument, which every process list shows."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

VARIABLE = "ARCHIVE_PASSPHRASE"


def add_passphrase_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help=f"the file whose first line is the passphrase; else the variable {VARIABLE}",
    )


def passphrase_of(options: dict[str, Any]) -> str:
    """Empty when none was given. Raises CommandError for a file that cannot be read."""
    if not options["passphrase_file"]:
        return os.environ.get(VARIABLE, "")
    try:
        lines = Path(options["passphrase_file"]).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{options['passphrase_file']}: cannot be read.") from error
    return lines[0] if lines else ""
