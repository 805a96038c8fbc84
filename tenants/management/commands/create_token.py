from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from forecourt.accounts.models import ApiToken, User
from forecourt.kernel import audit
from forecourt.kernel.access import all_permissions, system_actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import inside
from tenants.groups import get_group
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = "Issue an API token for a person of a group; its text is printed this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--group", required=True, metavar="SLUG")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="command line")
        parser.add_argument(
            "--scopes", nargs="*", default=[], help="permissions to narrow it to, else all of hers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope for item in options["scopes"] for scope in item.split(",") if scope]
        unknown = set(scopes) - set(all_permissions())
        if unknown:
            raise CommandError(f"No such permission: {', '.join(sorted(unknown))}")
        try:
            group = get_group(options["group"])
        except NotFound as refusal:
            raise CommandError(refusal.message) from refusal
        with inside(group.identity):
            user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
            if user is None:
                raise CommandError(f"Nobody in {group.slug} signs in as {options['email']}.")
            token, text = ApiToken.issue(user, options["name"], scopes=scopes)
            audit.record(system_actor("create_token"), "token_made", token, {"scopes": scopes})
        self.report(
            options,
            {"token": text, "id": str(token.pk), "group": group.slug, "scopes": scopes},
            [text],
        )
