from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel import seals
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import inside
from tenants.groups import get_group
from tenants.management.reporting import ReportingCommand
from tenants.models import DealerGroup


class Command(ReportingCommand):
    help = (
        "Seal what the groups' audit logs have new, as the worker does each minute, and print the "
        "end of each chain, to be kept elsewhere. With --verify look whether a log is as it was "
        "sealed: the first broken entry is named, and the exit status is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", metavar="SLUG", help="only this group")
        parser.add_argument("--verify", action="store_true", help="examine instead of sealing")
        parser.add_argument(
            "--expect", metavar="NUMBER:HASH", help="with --verify: the end that was kept elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        expected = self._expected(options)
        if expected and not (options["verify"] and options["group"]):
            raise CommandError("--expect goes with --verify and --group.")
        reports = []
        groups = self._groups(options["group"])
        for done, group in enumerate(groups, start=1):
            with inside(group.identity):
                found = _examined(expected) if options["verify"] else _sealed()
            reports.append({"group": group.slug, **found})
            self.progress(done, len(groups))
        ok = not any(report.get("faults") for report in reports)
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

    def _expected(self, options: dict[str, Any]) -> seals.Head | None:
        if not options["expect"]:
            return None
        number, _colon, digest = options["expect"].partition(":")
        if not number.isdigit() or len(digest) != 64:
            raise CommandError("--expect is the number and the hash of a seal: 12:5f3a…")
        return seals.Head(int(number), digest)


def _sealed() -> dict[str, Any]:
    count = seals.seal_entries()
    return {"sealed_now": count, "head": asdict(seals.head())}


def _examined(expected: seals.Head | None) -> dict[str, Any]:
    found = seals.examine(expected=expected)
    return {
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "removed_samples": found.removed,
        "head": asdict(found.head),
        "faults": [asdict(fault) for fault in found.faults],
    }


def _line(report: dict[str, Any]) -> str:
    head = f"{report['head']['number']}:{report['head']['hash']}"
    if "sealed_now" in report:
        return f"{report['group']}: {report['sealed_now']} entries sealed. {head}"
    counts = (
        f"{report['sealed']} entries sealed, {report['unsealed']} not yet, "
        f"{report['removed_samples']} of sample data removed."
    )
    if not report["faults"]:
        return f"{report['group']}: {counts} {head}"
    first = report["faults"][0]
    return f"{report['group']}: {first['subject']} {first['message']}. {counts}"
