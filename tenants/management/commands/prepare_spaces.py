from argparse import ArgumentParser
from typing import Any

from tenants.management.reporting import ReportingCommand
from tenants.models import Space
from tenants.releases import this_release
from tenants.spaces import POOL_SIZE, fill_pool


class Command(ReportingCommand):
    help = "Fill the pool of spaces that new groups are given, and drop those of another release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--count", type=int, default=POOL_SIZE, help="spaces to have ready")

    def handle(self, *args: Any, **options: Any) -> None:
        made = fill_pool(options["count"], self.progress)
        ready = Space.objects.filter(
            state=Space.State.READY, release=this_release().name, seeds=this_release().seeds
        ).count()
        facts = {"made": made, "ready": ready, "release": this_release().name}
        self.report(options, facts, [f"{made} made, {ready} ready."])
