from typing import Any

from django.core.management.base import BaseCommand

from tenants.public import migrate_public


class Command(BaseCommand):
    help = "Bring the platform's own tables (public schema) to this release."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_public()
