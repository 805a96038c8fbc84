"""How this app's commands speak: progress and text for people, one JSON object for programs."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand


class ReportingCommand(BaseCommand):
    """A command with ``--json``: its output is then a single line of JSON, and nothing else.

    Progress is shown only to a person, on the terminal's error stream.
    """

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def progress(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            sys.stderr.write(f"\r{done}/{total}{end}")
            sys.stderr.flush()

    def report(self, options: dict[str, Any], facts: dict[str, Any], lines: Iterable[str]) -> None:
        """Print the facts as JSON when that was asked for, else the lines."""
        if options["json"]:
            self.stdout.write(json.dumps(facts, ensure_ascii=False, default=str))
        else:
            for line in lines:
                self.stdout.write(line)
