import json
import time
from dataclasses import replace
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.headquarters import demo
from apps.organisation.demo import GROUPS, PASSWORD, DemoGroup
from billing import following
from forecourt.kernel import clock
from forecourt.kernel.groups import inside
from tenants import memberships
from tenants.directory import forget
from tenants.erasure import erase
from tenants.groups import register_group
from tenants.models import DealerGroup

TRIAL_DAYS = 365
"""A demo is not read-only after two weeks, though it takes payments by the stand-in of Stripe."""
LOADING = "演示数据加载中"
"""The name of a demo group until its data is complete, so that an interrupted load is seen."""


class Command(BaseCommand):
    help = "Make the demo groups huadong and jinling with eighteen months of invented data."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="leave complete groups as they are")
        parser.add_argument("--scale", type=float, default=1.0, help="multiply the rows")
        parser.add_argument(
            "--operator", metavar="EMAIL", default="",
            help="with groups that are made now, an operator whose password is the demo's",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="one line of JSON a group")

    def handle(self, *args: Any, **options: Any) -> None:
        are_new = [self._load(group, options) for group in GROUPS]
        if options["operator"] and any(are_new):
            self._make_operator(options["operator"])

    def _load(self, group: DemoGroup, options: dict[str, Any]) -> bool:
        """Whether the group was made now."""
        existing = DealerGroup.objects.filter(slug=group.slug).first()
        if existing and existing.name != LOADING and options["once"]:
            self.stdout.write(f"{group.slug}: already there")
            return False
        if existing:
            erase(existing)
        started = time.perf_counter()
        made = register_group(slug=group.slug, name=LOADING)
        # What is made meanwhile, such as papers, names the group as it will be called.
        with inside(replace(made.identity, name=group.name_zh)):
            counts = demo.load(
                group, clock.today("Asia/Shanghai"), demo.USUAL.times(options["scale"])
            )
            memberships.reconcile()
        made.name = group.name_zh
        made.save(update_fields=["name"])
        forget(made)
        following.begin(made, trial_days=TRIAL_DAYS)
        counts["seconds"] = round(time.perf_counter() - started, 1)
        if options["json"]:
            self.stdout.write(json.dumps({"group": group.slug, **counts}))
        else:
            said = ", ".join(f"{count} {name}" for name, count in counts.items())
            self.stdout.write(f"{group.slug}: {said}")
        return True

    def _make_operator(self, email: str) -> None:
        """One of the platform's own people; she adds a second factor when she signs in."""
        try:
            call_command(
                "create_operator",
                email=email,
                name="演示运营",
                password=PASSWORD,
                stdout=self.stdout,
            )
        except CommandError as refusal:
            self.stdout.write(f"operator: {refusal}")
