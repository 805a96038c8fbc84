"""The public schema: the platform's own tables and the operators' accounts."""

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from tenants.keys import plant_platform_key


def migrate_public(*, verbosity: int = 0) -> None:
    """Bring the platform's tables to this release and give the application's role its rights."""
    for alias in ("owner", "control_owner") if settings.CONTROL_IS_SEPARATE else ("owner",):
        # Django's own command: django-tenants' goes over every group instead.
        call_command(Migrate(), database=alias, verbosity=verbosity, skip_checks=True)
        _grant(alias)
    plant_platform_key()


def _grant(alias: str) -> None:
    role = settings.DATABASES["default"]["USER"]
    if role == settings.DATABASES[alias]["USER"]:
        return
    statements = [
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"',
        f'REVOKE INSERT, UPDATE, DELETE ON public.django_migrations FROM "{role}"',
    ]
    with connections[alias].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
