"""`python -m infra.i18n update|check|compile`: keep the catalogues complete."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.i18n import catalogues, completeness


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra.i18n", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("update", help="gather texts from the sources into the catalogues")
    commands.add_parser("check", help="fail on what is missing, fuzzy, obsolete or does not fit")
    compiling = commands.add_parser("compile", help="write .mo files")
    compiling.add_argument("catalogue", nargs="+", type=Path)
    chosen = parser.parse_args()
    if chosen.command == "compile":
        for path in chosen.catalogue:
            catalogues.compile_catalogue(path)
        return 0
    if chosen.command == "update":
        for line in catalogues.update():
            print(line)
        return 0
    problems = list(completeness.problems())
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
