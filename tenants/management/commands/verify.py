from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from tenants.inspection import Finding, inspect, inspect_platform
from tenants.management.reporting import ReportingCommand
from tenants.models import DealerGroup


class Command(ReportingCommand):
    help = (
        "Check what must always be true: each group's tables, rights and figures, and that nothing "
        "is left over between groups. Exits 0 only if nothing is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", metavar="SLUG", help="only this group")

    def handle(self, *args: Any, **options: Any) -> None:
        groups = DealerGroup.objects.exclude(state=DealerGroup.State.CLOSED).order_by("slug")
        findings: list[Finding] = []
        if options["group"]:
            groups = groups.filter(slug=options["group"])
            if not groups:
                raise CommandError(f"No group has the address {options['group']}.")
        else:
            findings += inspect_platform()
        total = len(groups)
        for done, (_slug, found) in enumerate(inspect(groups), start=1):
            findings += found
            self.progress(done, total)
        lines = [
            f"{item.group or 'platform'}: {item.check}: {item.subject}: {item.message}"
            for item in findings
        ]
        lines.append(f"{total} groups checked, {len(findings)} problems.")
        facts = {
            "ok": not findings,
            "groups": total,
            "problems": [asdict(item) for item in findings],
        }
        self.report(options, facts, lines)
        if findings:
            raise SystemExit(1)
