from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from forecourt.kernel.errors import DomainError
from forecourt.operators.accounts import create_operator, end_operator, renew_operator
from forecourt.operators.models import Operator
from tenants.management.reporting import ReportingCommand


class Command(ReportingCommand):
    help = (
        "Make an account for one of the platform's own people (/operators/ on the bare domain). "
        "She adds a second factor when she first signs in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")
        parser.add_argument("--role", choices=["viewer", "operator"], default="operator")
        parser.add_argument("--password", default="", help="drawn and printed when not given")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--renew", action="store_true", help="a new password, and a new second factor"
        )
        what.add_argument("--end", action="store_true", help="let her in no more")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            operator, password = self._do(options)
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        facts = {"email": operator.email, "role": operator.role, "is_active": operator.is_active}
        lines = [f"{operator.email} ({operator.role.lower()})"]
        if not operator.is_active:
            lines = [f"{operator.email} is let in no more."]
        elif not options["password"]:
            facts["password"] = password
            lines.append(f"Password: {password}")
        self.report(options, facts, lines)

    def _do(self, options: dict[str, Any]) -> tuple[Operator, str]:
        email, password = options["email"], options["password"]
        if options["end"]:
            return end_operator(email=email), ""
        if options["renew"]:
            return renew_operator(email=email, password=password)
        return create_operator(
            email=email,
            name=options["name"] or email.partition("@")[0],
            role=Operator.Role[options["role"].upper()],
            password=password,
        )
