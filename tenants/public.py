"""The public schema: the platform's own tables and the operators' accounts."""

from django.conf import settings
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor

from tenants.keys import plant_platform_key
from tenants.releases import platform_append_only_tables


def migrate_public() -> None:
    """Bring the platform's tables to this release and give the application's role its rights."""
    for alias in ("owner", "control_owner") if settings.CONTROL_IS_SEPARATE else ("owner",):
        _migrate(alias)
        _grant(alias)
    plant_platform_key()


def _migrate(alias: str) -> None:
    """Apply the migrations of the apps that have tables here.

    Django's own command would go through those of every module as well, make no table of them, and
    take a hundred times as long; django-tenants' goes over every group.
    """
    executor = MigrationExecutor(connections[alias])
    executor.loader.check_consistent_history(connections[alias])
    executor.recorder.ensure_schema()
    leaves = [
        key for key in executor.loader.graph.leaf_nodes() if router.allow_migrate(alias, key[0])
    ]
    state = executor._create_project_state(with_applied_migrations=True)
    for migration, _backwards in executor.migration_plan(leaves):
        state = executor.apply_migration(state, migration)
    executor.check_replacements()


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
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)",
            [platform_append_only_tables()],
        )
        statements += [
            f'REVOKE UPDATE, DELETE ON public."{table}" FROM "{role}"'
            for (table,) in cursor.fetchall()
        ]
        for statement in statements:
            cursor.execute(statement)
