"""PostgreSQL backend of the group databases.

It differs from django-tenants' in three ways, each a rule of the house:

* the search_path holds **one** schema: a table that a group lacks fails loudly instead of being
  read from the public schema;
* constraints are checked immediately, so a violation is an IntegrityError at its statement, also on
  an engine that cannot report one at commit;
* the list of tables is read from the current schema alone, so its cost does not grow with the
  number of groups.
"""

from typing import Any

from django.db.backends.base.introspection import TableInfo
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PostgresSchemaEditor
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantDatabaseWrapper
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection

TABLES_OF_CURRENT_SCHEMA = """
    SELECT c.relname,
           CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname = current_schema()
"""


class DatabaseSchemaEditor(PostgresSchemaEditor):
    # Foreign keys are always added by name, never inline: Django's inline form ends in
    # ``SET CONSTRAINTS … IMMEDIATE``, which constraints that are immediate have no use for.
    sql_create_column_inline_fk = None  # type: ignore[assignment]


class DatabaseIntrospection(DatabaseSchemaIntrospection):
    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        cursor.execute(TABLES_OF_CURRENT_SCHEMA)
        return [TableInfo(*row) for row in cursor.fetchall()]


class DatabaseWrapper(TenantDatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor

    _server_path: list[str] | None = None
    """The search_path that the server has, while another schema may be selected here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.introspection = DatabaseIntrospection(self)
        self.ops.deferrable_sql = lambda: " DEFERRABLE INITIALLY IMMEDIATE"

    def set_tenant(self, tenant: Any, include_public: bool = False) -> None:
        """Select the schema of later statements; the public schema is never added behind it.

        The server is told by the next statement, and only if it does not point there already: a
        request that goes by way of the public schema back to the group of the one before is spared
        a SET.
        """
        self._server_path = self.search_path_set_schemas or self._server_path  # type: ignore[has-type]
        super().set_tenant(tenant, include_public=False)
        if self._server_path == [tenant.schema_name]:
            self.search_path_set_schemas = self._server_path

    def close(self) -> None:
        self._server_path = None
        super().close()

    def rollback(self) -> None:
        # A rollback takes back a SET of its transaction as well.
        self._server_path = None
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._server_path = None
