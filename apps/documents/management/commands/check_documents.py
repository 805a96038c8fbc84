from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from apps.documents.actions.mending import faults, withdraw_version
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound
from forecourt.kernel.files.orphans import LEFT_ALONE, stray_names, tidy
from forecourt.kernel.groups import inside
from forecourt.kernel.storage import StorageUnavailable
from tenants.groups import get_group
from tenants.management.reporting import ReportingCommand
from tenants.models import DealerGroup


class Command(ReportingCommand):
    help = (
        "Compare documents with the file store: files that are gone, bytes that belong to nothing "
        "and, with --deep, every checksum. With --mend what belongs to nothing is removed, and a "
        "broken version is no longer offered. Exits 0 only if nothing is (or was left) wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", metavar="SLUG", help="only this group")
        parser.add_argument(
            "--deep", action="store_true", help="read every byte, compare checksums"
        )
        parser.add_argument("--mend", action="store_true", help="put right what can be put right")

    def handle(self, *args: Any, **options: Any) -> None:
        groups = self._groups(options["group"])
        reports = []
        for done, group in enumerate(groups, start=1):
            with inside(group.identity):
                reports.append({"group": group.slug, **_checked(options)})
            self.progress(done, len(groups))
        ok = options["mend"] or not any(report["problems"] for report in reports)
        ok = ok and not any(report["unavailable"] for report in reports)
        lines = [line for report in reports for line in _lines(report)]
        self.report(options, {"ok": ok, "groups": reports}, lines)
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


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    before = now() - LEFT_ALONE
    problems: list[str] = []
    mended = 0
    try:
        for fault in list(faults(deep=options["deep"])):
            version = fault.version
            problems.append(
                f"document {version.document_id} version {version.number} {fault.message}"
            )
            if options["mend"]:
                withdraw_version(fault, actor=system_actor("check_documents"))
                mended += 1
        problems += [f"{name} belongs to no file" for name in stray_names(before=before)]
        if options["mend"]:
            removed = tidy(before=before)
            mended += removed.strays + removed.unfinished + removed.unheld
    except StorageUnavailable as error:
        return {"problems": problems, "mended": mended, "unavailable": error.reason}
    return {"problems": problems, "mended": mended, "unavailable": ""}


def _lines(report: dict[str, Any]) -> list[str]:
    lines = [f"{report['group']}: {problem}" for problem in report["problems"]]
    if report["unavailable"]:
        lines.append(f"{report['group']}: the file store cannot be asked: {report['unavailable']}")
    lines.append(
        f"{report['group']}: {len(report['problems'])} problems, {report['mended']} mended."
    )
    return lines
