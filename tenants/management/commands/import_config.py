import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel.access import system_actor
from forecourt.kernel.configuration.actions import (
    ConfigurationRefused,
    Plan,
    import_config,
    plan_config,
)
from forecourt.kernel.configuration.document import MOST_BYTES
from forecourt.kernel.configuration.report import Change, Problem
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.groups import inside
from tenants.groups import get_group
from tenants.management.reporting import ReportingCommand

SIGNS = {Change.ADDED: "+", Change.CHANGED: "~", Change.REMOVED: "-"}


class Command(ReportingCommand):
    help = (
        "Make a group's configuration what a file says, all of it or nothing. "
        "Exits 1 when the file is refused, and changes nothing then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", required=True, metavar="SLUG")
        parser.add_argument(
            "--from", required=True, dest="source", metavar="FILE", help="the file, - for the input"
        )
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")
        parser.add_argument("--note", default="", help="what the version is kept under")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = _read(options["source"])
        try:
            group = get_group(options["group"])
        except NotFound as refusal:
            raise CommandError(refusal.message) from refusal
        actor = system_actor("import_config")
        with inside(group.identity):
            try:
                if options["dry_run"]:
                    plan = plan_config(raw, actor=actor)
                else:
                    plan = import_config(raw, actor=actor, note=options["note"]).plan
            except ConfigurationRefused as refusal:
                plan = Plan(problems=refusal.problems)
            except Conflict as refusal:
                raise CommandError(refusal.message) from refusal
        imported = not options["dry_run"] and not plan.problems
        self.report(options, _facts(plan, group.slug, imported), _lines(plan, imported))
        if plan.problems:
            raise SystemExit(1)


def _read(source: str) -> bytes:
    """Never more than just past the limit, so that an endless input ends."""
    if source == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        with Path(source).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{source}: {error.strerror}") from error


def _facts(plan: Plan, slug: str, imported: bool) -> dict[str, Any]:
    return {
        "group": slug,
        "imported": imported,
        "counts": plan.counts(),
        "changes": [
            {
                "place": list(change.place),
                "kind": change.kind,
                "before": change.before,
                "after": change.after,
            }
            for change in plan.changes
        ],
        "problems": [
            {"place": list(problem.place), "line": problem.line, "message": problem.message}
            for problem in plan.problems
        ],
    }


def _lines(plan: Plan, imported: bool) -> Iterable[str]:
    for problem in plan.problems:
        yield _problem_line(problem)
    for change in plan.changes:
        sign = SIGNS[change.kind]
        if change.kind == Change.CHANGED:
            yield f"{sign} {' > '.join(change.place)}: {change.before!r} -> {change.after!r}"
        else:
            yield f"{sign} {' > '.join(change.place)}"
    if plan.problems:
        yield f"{len(plan.problems)} problems; nothing is changed."
    elif imported:
        yield f"Imported: {len(plan.changes)} changes."
    else:
        yield f"{len(plan.changes)} changes would be made."


def _problem_line(problem: Problem) -> str:
    line = f"line {problem.line}: " if problem.line else ""
    place = f"{' > '.join(problem.place)}: " if problem.place else ""
    return f"{line}{place}{problem.message}"
