from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from tenants.management.reporting import ReportingCommand
from tenants.migrating import migrate_groups
from tenants.models import DealerGroup
from tenants.scripts import NotReplayable


class Command(ReportingCommand):
    help = (
        "Bring every group to this release. May be cut off and repeated; a group that fails is "
        "left as it was and reported, the others are done. Exits 1 when any is left."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--workers", type=int, default=2, help="groups at the same time")
        parser.add_argument(
            "--canary", action="append", default=[], help="a group to try first (repeatable)"
        )
        parser.add_argument(
            "--max-failures", type=int, default=5, help="begin nothing more after so many failures"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        canaries = set(options["canary"])
        known = set(DealerGroup.objects.filter(slug__in=canaries).values_list("slug", flat=True))
        if canaries - known:
            raise CommandError(f"No such group: {', '.join(sorted(canaries - known))}")
        if options["workers"] < 1:
            raise CommandError("--workers must be at least 1.")
        try:
            report = migrate_groups(
                workers=options["workers"],
                canaries=canaries,
                max_failures=options["max_failures"],
                progress=self.progress,
            )
        except NotReplayable as refusal:
            raise CommandError(str(refusal)) from refusal
        summary = (
            f"{report.total} groups: {report.current} were current, {report.migrated} migrated, "
            f"{len(report.failures)} failed, {report.left} left ({report.milliseconds} ms)."
        )
        lines = [summary]
        lines += [f"{item.slug} ({item.schema_name}): {item.error}" for item in report.failures]
        if report.stopped:
            lines.append(f"Stopped: {report.stopped}.")
        self.report(options, asdict(report) | {"ok": report.ok}, lines)
        if not report.ok:
            raise SystemExit(1)
