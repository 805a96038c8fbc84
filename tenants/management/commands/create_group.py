from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import CommandError

from forecourt.kernel.errors import DomainError
from tenants.erasure import erase
from tenants.groups import (
    found_group,
    host_of,
    register_group,
    require_free_address,
)
from tenants.management.reporting import ReportingCommand
from tenants.models import DealerGroup


class Command(ReportingCommand):
    help = "Make a dealer group with a space of its own, and its owner's account when asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--slug", required=True, help="the address: SLUG.<domain>")
        parser.add_argument("--name", required=True)
        parser.add_argument("--language", default="zh-hans")
        parser.add_argument("--country", default="CN")
        parser.add_argument("--owner-email")
        parser.add_argument("--owner-name", default="")
        parser.add_argument("--password")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = options["owner_email"]
        if bool(owner) != bool(options["password"]):
            raise CommandError("--owner-email and --password belong together.")
        try:
            group = self._make(options)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        facts = {"slug": group.slug, "schema": group.schema_name, "host": host_of(group.slug)}
        self.report(options, facts, [f"{group.name}: {host_of(group.slug)} ({group.schema_name})"])

    def _make(self, options: dict[str, Any]) -> DealerGroup:
        require_free_address(options["slug"])
        group = register_group(
            slug=options["slug"],
            name=options["name"],
            language=options["language"],
            country=options["country"],
        )
        if options["owner_email"]:
            try:
                found_group(
                    group,
                    owner_name=options["owner_name"] or options["owner_email"].split("@")[0],
                    email=options["owner_email"],
                    password=make_password(options["password"]),
                )
            except BaseException:
                erase(group)
                raise
        return group
