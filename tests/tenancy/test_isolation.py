"""The rules that keep groups apart and the database portable, asked of the database itself."""

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, connection, connections, transaction

from apps.organisation.models import LegalEntity, Store
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, AuditSeal, Job, SavedView
from tenants import catalog, schemas
from tenants.models import DealerGroup
from tenants.releases import append_only_tables

TABLE_BUDGET, INDEX_BUDGET = 180, 900
# Temporary tables are one of the roads round: without them it is a missing right too.
REFUSED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidTableDefinition)


@pytest.fixture
def planted(django_db_setup: None, django_db_blocker: object) -> Iterator[GroupIdentity]:
    """The suite's first group, which is committed: for what only reads it, or is refused."""
    with django_db_blocker.unblock():
        identity = DealerGroup.objects.get(slug="alpha").identity
        with inside(identity):
            yield identity


@pytest.fixture
def lines(planted: GroupIdentity) -> list[str]:
    return catalog.lines_of(planted.schema_name)


def _of(lines: list[str], kind: str) -> list[list[str]]:
    return [line.split(" ", 1)[1].split(" | ") for line in lines if line.startswith(f"{kind} ")]


def test_the_search_path_holds_one_schema(group: GroupIdentity) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == (group.schema_name,)


def test_a_table_that_a_group_lacks_is_an_error_and_not_the_platforms(
    group: GroupIdentity,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('public.tenants_dealergroup'), to_regclass('accounts_user')"
        )
        _platform, own = cursor.fetchone()
        assert own is not None
        with pytest.raises(ProgrammingError), transaction.atomic():
            cursor.execute("SELECT 1 FROM tenants_dealergroup")


def test_accounts_of_one_schema_do_not_show_in_another(
    group: GroupIdentity, other_group: GroupIdentity
) -> None:
    from forecourt.accounts.models import User

    User.objects.create_user("a@a.example", "x")
    with inside(other_group):
        assert not User.objects.exists()
    with inside(PUBLIC_SCHEMA):
        assert not User.objects.exists()


def test_after_a_rollback_the_group_is_still_the_one_that_was_entered(
    live_group: GroupIdentity, django_db_blocker: object
) -> None:
    """A SET inside a transaction is undone with it; the connection must not be believed then."""
    with django_db_blocker.unblock():
        other = DealerGroup.objects.get(slug="alpha").identity
        for wanted, former in ((live_group, other), (other, live_group)):
            with inside(former):
                SavedView.objects.exists()
            with inside(wanted):
                with pytest.raises(ZeroDivisionError), transaction.atomic():
                    SavedView.objects.exists()
                    with pytest.raises(ZeroDivisionError), transaction.atomic(), inside(former):
                        SavedView.objects.exists()
                        raise ZeroDivisionError
                    assert _schema_of_statements() == wanted.schema_name
                    raise ZeroDivisionError
                assert _schema_of_statements() == wanted.schema_name
            with inside(former), transaction.atomic(), inside(wanted):
                assert _schema_of_statements() == wanted.schema_name


def _schema_of_statements() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]


def test_coming_back_to_a_group_costs_no_statement(
    live_group: GroupIdentity, django_db_blocker: object
) -> None:
    with django_db_blocker.unblock():
        SavedView.objects.exists()
        connection.force_debug_cursor = True
        connection.queries_log.clear()
        with inside(PUBLIC_SCHEMA), inside(live_group):
            SavedView.objects.exists()
        connection.force_debug_cursor = False
        assert not [query for query in connection.queries if "search_path" in query["sql"]]


def test_keys_are_big_integers_or_uuids(lines: list[str]) -> None:
    columns = {(table, name): kind for table, name, kind, *_rest in _of(lines, "column")}
    wrong = [
        (table, kind)
        for (table, name), kind in columns.items()
        if name == "id" and kind not in {"bigint", "uuid"}
    ]
    assert wrong == []
    tables = {table for table, _name in columns}
    keyed = {table for table, _name, kind, *_rest in _of(lines, "constraint") if kind == "p"}
    assert tables - keyed == set()


def test_foreign_keys_stay_inside_the_schema(planted: GroupIdentity) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE a.relnamespace <> b.relnamespace)"
            " FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid"
            " JOIN pg_class b ON b.oid = k.confrelid WHERE k.contype = 'f'"
        )
        count, across = cursor.fetchone()
    assert count > 20
    assert across == 0


def test_models_of_a_group_refer_only_to_models_of_a_group() -> None:
    group_apps = {
        apps.get_app_config(config.label).name for config in apps.get_app_configs()
    } & set(settings.TENANT_APPS)
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_config.name not in group_apps:
            continue
        for field in model._meta.get_fields():
            target = field.related_model if field.is_relation else None
            if target is not None and field.concrete:
                assert target._meta.app_config.name in group_apps, f"{model} → {target}"


def test_constraints_are_checked_at_their_statement(lines: list[str]) -> None:
    deferred = [row for row in _of(lines, "constraint") if row[-1] == "True"]
    assert deferred == []
    assert {row[4] for row in _of(lines, "constraint")} == {"True"}, "all are validated"


def test_a_broken_reference_is_refused_at_once(group: GroupIdentity) -> None:
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            Store.objects.create(code="SH01", name_zh="x", legal_entity_id=999_999_999)
        company = LegalEntity.objects.create(name_zh="公司")
        assert Store.objects.create(code="SH01", name_zh="x", legal_entity=company).pk


def test_nothing_that_a_distributed_database_lacks(lines: list[str]) -> None:
    assert [line for line in lines if line.startswith(("trigger ", "function "))] == []
    relations = _of(lines, "relation")
    assert {kind for _name, kind, *_rest in relations} <= {"r", "S"}
    assert not [row for row in relations if row[2] != "p" or row[3:] != ["False", "False"]]


def test_the_budget_of_tables_and_indexes(
    lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tables = [row for row in _of(lines, "relation") if row[1] == "r"]
    indexes = _of(lines, "index")
    with capsys.disabled():
        print(
            f"\na group's space: {len(tables)} of {TABLE_BUDGET} tables, "
            f"{len(indexes)} of {INDEX_BUDGET} indexes"
        )
    assert len(tables) <= TABLE_BUDGET
    assert len(indexes) <= INDEX_BUDGET
    doubled = [row[0] for row in indexes if "varchar_pattern_ops" in row[1]]
    foreign = ("account_", "django_", "usersessions_")
    assert not [name for name in doubled if not name.startswith(foreign)]


# --- The runtime role --------------------------------------------------------------------------


@pytest.fixture
def raw(planted: GroupIdentity) -> Iterator[psycopg.Connection]:
    """A bare connection of the application's role, as a stolen password would give."""
    parameters = connection.get_connection_params()
    server = psycopg.connect(
        dbname=parameters["dbname"],
        host=parameters["host"],
        user=parameters["user"],
        autocommit=True,
    )
    server.execute(f'SET search_path = "{planted.schema_name}"')
    yield server
    server.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE extra (id bigint)",
        "ALTER TABLE kernel_job ADD extra bigint",
        "DROP TABLE kernel_job",
        "CREATE INDEX extra ON kernel_job (kind)",
        "CREATE SCHEMA g_extra",
        "CREATE TABLE public.extra (id bigint)",
        "CREATE EXTENSION pg_trgm",
        "TRUNCATE kernel_job",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "DELETE FROM django_migrations",
        "INSERT INTO public.django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "SET ROLE forecourt_owner",
    ],
)
def test_the_application_may_not_change_structures(raw: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(statement)


def test_the_application_may_change_ordinary_rows(raw: psycopg.Connection) -> None:
    raw.execute("UPDATE kernel_job SET kind = kind")
    raw.execute("DELETE FROM kernel_job")


AGAINST_THE_LOG = [
    "UPDATE {table} SET {key} = {key}",
    "UPDATE ONLY {table} SET {key} = {key}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "DROP TABLE {table}",
    "DROP TABLE {table} CASCADE",
    "ALTER TABLE {table} RENAME TO forgotten",
    "ALTER TABLE {table} SET SCHEMA pg_temp",
    "ALTER TABLE {table} ADD note text",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} OWNER TO forecourt_app",
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {key} = 1",
    "MERGE INTO {table} t USING {table} s ON t.{key} = s.{key} WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM {table} RETURNING {key}) SELECT * FROM gone",
    "SELECT * FROM {table} FOR UPDATE",
    "SELECT 1; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "CREATE TEMP TABLE child () INHERITS ({table})",
    "CREATE TEMP VIEW way_round AS SELECT * FROM {table}; DELETE FROM way_round",
    "CREATE RULE quiet AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "CREATE TRIGGER quiet BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates()",
    "CREATE INDEX slow ON {table} ({key})",
    "ALTER TABLE {table} ATTACH PARTITION kernel_job DEFAULT",
    "ALTER TABLE kernel_job INHERIT {table}",
    "COPY {table} TO PROGRAM 'true'",
    "COPY {table} TO '/tmp/copied'",
    "SET session_replication_role = replica",
    "UPDATE pg_class SET relowner = 'forecourt_app'::regrole WHERE relname = '{table}'",
]


def test_append_only_tables_take_no_change_and_no_deletion(raw: psycopg.Connection) -> None:
    """Not by a road round it either: inheritance, partitions, rules, views, COPY, the catalog."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    assert {AuditEntry._meta.db_table, AuditSeal._meta.db_table} <= set(append_only_tables())
    raw.execute("SET lock_timeout = '2s'")
    for table in append_only_tables():
        key = models[table]._meta.pk.column
        for statement in AGAINST_THE_LOG:
            with pytest.raises(REFUSED):
                raw.execute(statement.format(table=table, key=key))


def test_the_application_cannot_give_itself_more_rights(raw: psycopg.Connection) -> None:
    """PostgreSQL answers such a GRANT with a warning only: nothing may come of it."""
    raw.execute("GRANT ALL ON kernel_auditentry TO forecourt_app")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute("DELETE FROM kernel_auditentry")


def test_the_application_may_append_to_append_only_tables(raw: psycopg.Connection) -> None:
    rights = raw.execute(
        "SELECT bool_and(has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'SELECT'))"
        " FROM unnest(%s::text[]) t",
        [append_only_tables()],
    ).fetchone()
    assert rights == (True,)


# --- The second database -----------------------------------------------------------------------


def test_the_control_tables_are_in_a_database_of_their_own(group: GroupIdentity) -> None:
    names = {alias: connections[alias].settings_dict["NAME"] for alias in ("default", "control")}
    assert names["default"] != names["control"]
    assert DealerGroup.objects.filter(slug=group.slug).exists()
    with pytest.raises(ProgrammingError), transaction.atomic():
        DealerGroup.objects.using("default").exists()
    with pytest.raises(ProgrammingError), transaction.atomic(using="control"):
        Job.objects.using("control").exists()


def test_only_names_of_our_own_reach_a_statement() -> None:
    for name in ("public", 'g_x"; DROP SCHEMA public', "g_" + "x" * 70, "pg_catalog", "G_X"):
        with pytest.raises(ValueError, match="no group's schema"):
            schemas.quoted(name)


def test_a_prepared_statement_reads_the_group_that_is_entered(
    group: GroupIdentity, other_group: GroupIdentity
) -> None:
    """The server keeps statements a connection, and one connection serves all groups."""
    LegalEntity.objects.create(name_zh="甲")
    with inside(other_group):
        LegalEntity.objects.create(name_zh="乙")

    read = []
    for _round in range(8):
        for entered in (group, other_group):
            with inside(entered):
                read.append(list(LegalEntity.objects.values_list("name_zh", flat=True)))

    assert read == [["甲"], ["乙"]] * 8
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%organisation_legalentity%"],
        )
        assert cursor.fetchone()[0] > 0
