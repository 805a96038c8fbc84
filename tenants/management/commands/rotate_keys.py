from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel import crypto
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import inside
from tenants.groups import get_group
from tenants.keys import rewrap_platform_key
from tenants.management.reporting import ReportingCommand
from tenants.models import DealerGroup


class Command(ReportingCommand):
    help = (
        "Give groups a new data key, encrypt with it what older ones have encrypted, and destroy "
        "old keys that nothing needs any more. People may go on working. May be cut off; "
        "--reencrypt then goes on without another new key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", metavar="SLUG", help="only this group")
        way = parser.add_mutually_exclusive_group()
        way.add_argument(
            "--reencrypt", action="store_true", help="no new key: go on where a run stopped"
        )
        way.add_argument(
            "--rewrap",
            action="store_true",
            help="wrap all data keys with the first key of MASTER_KEY, and change nothing else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reports = []
        groups = self._groups(options["group"])
        if options["rewrap"]:
            rewrap_platform_key()
        for done, group in enumerate(groups, start=1):
            with inside(group.identity):
                reports.append({"group": group.slug, **_work(options)})
            self.progress(done, len(groups))
        ok = not any(report.get("broken") for report in reports)
        self.report(options, {"ok": ok, "groups": reports}, map(_line, reports))
        if not ok:
            raise SystemExit(1)

    def _groups(self, slug: str | None) -> list[DealerGroup]:
        if not slug:
            groups = DealerGroup.objects.exclude(state=DealerGroup.State.CLOSED)
            return list(groups.order_by("slug"))
        try:
            return [get_group(slug)]
        except NotFound as refusal:
            raise CommandError(refusal.message) from refusal


def _work(options: dict[str, Any]) -> dict[str, Any]:
    if options["rewrap"]:
        return {"rewrapped": crypto.rewrap()}
    return asdict(crypto.go_on_rotating() if options["reencrypt"] else crypto.rotate())


def _line(report: dict[str, Any]) -> str:
    if "rewrapped" in report:
        return f"{report['group']}: {report['rewrapped']} keys wrapped anew."
    retired = ", ".join(map(str, report["retired"])) or "none"
    line = (
        f"{report['group']}: key {report['newest']}, {report['reencrypted']} rows encrypted anew, "
        f"keys destroyed: {retired}."
    )
    return line + "".join(f"\n  cannot be opened: {where}" for where in report["broken"])
