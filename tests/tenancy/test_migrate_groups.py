"""migrate_groups: rendered once, one transaction a group, resumable, and nothing half-done."""

import json
import signal
import time

import pytest
from django.core.management import CommandError
from django.db import connections

from forecourt.kernel.groups import inside
from forecourt.kernel.models import SavedView
from tenants import catalog, schemas
from tenants.migrating import migrate_groups
from tenants.models import DealerGroup, GroupMigration, Space, SpaceScript
from tenants.releases import OWNER, name_of, this_release
from tenants.scripts import NotReplayable
from tests.tenancy.conftest import Platform, at_once

COLUMN, BROKEN = ("kernel", "x1_column"), ("kernel", "x2_broken")


def test_nothing_to_do_changes_nothing(platform: Platform) -> None:
    platform.add_groups(2)

    answer = platform.run("migrate_groups")

    assert (answer["total"], answer["current"], answer["migrated"]) == (4, 4, 0)
    assert answer["exit"] == 0
    assert not GroupMigration.objects.exists()


def test_a_column_reaches_every_group_from_one_rendering(platform: Platform) -> None:
    groups = platform.add_groups(3)
    with inside(groups[0].identity):
        SavedView.objects.create(owner_id=1, list_name="leads", name="mine")
    before = SpaceScript.objects.count()
    platform.release("column")

    answer = platform.run("migrate_groups")

    assert (answer["migrated"], answer["failures"], answer["exit"]) == (5, [], 0)
    assert SpaceScript.objects.count() == before + 1
    for group in DealerGroup.objects.all():
        assert COLUMN in schemas.applied_in([group.schema_name])[group.schema_name]
    assert _values(groups[0].schema_name, "note") == ["100 % ''new''"]
    assert set(Space.objects.values_list("release", flat=True)) == {this_release().name}
    assert set(GroupMigration.objects.values_list("state", "attempts")) == {("DONE", 1)}


def test_a_migrated_group_equals_a_new_one(platform: Platform) -> None:
    group = platform.add_groups(1)[0]
    platform.release("column")
    platform.run("migrate_groups")

    answer = platform.run("verify")

    assert answer["problems"] == []
    assert any("savedview | note" in line for line in catalog.lines_of(group.schema_name))


def test_a_group_that_fails_stays_as_it_was_and_the_others_are_done(platform: Platform) -> None:
    first, second, third = platform.add_groups(3)
    _make_views_of_one_name(second)
    before = catalog.lines_of(second.schema_name)
    platform.release("broken")

    answer = platform.run("migrate_groups")

    assert answer["exit"] == 1
    assert (answer["migrated"], answer["left"]) == (4, 0)
    assert [item["slug"] for item in answer["failures"]] == ["group-2"]
    assert "saved_view_broken_uq" in answer["failures"][0]["error"]
    assert catalog.lines_of(second.schema_name) == before
    applied = schemas.applied_in([group.schema_name for group in (first, second, third)])
    assert BROKEN not in applied[second.schema_name]
    assert BROKEN in applied[first.schema_name] & applied[third.schema_name]
    state = GroupMigration.objects.get(schema_name=second.schema_name)
    assert (state.state, state.attempts) == ("FAILED", 1)

    with inside(second.identity):
        SavedView.objects.all().delete()
    again = platform.run("migrate_groups")

    assert (again["current"], again["migrated"], again["exit"]) == (4, 1, 0)


def test_a_failing_canary_saves_the_others(platform: Platform) -> None:
    groups = platform.add_groups(3)
    _make_views_of_one_name(groups[1])
    platform.release("broken")

    answer = platform.run("migrate_groups", canary=["group-2"])

    assert (answer["migrated"], answer["left"], answer["exit"]) == (0, 4, 1)
    assert answer["stopped"] == "a canary failed"
    with pytest.raises(CommandError):
        platform.run("migrate_groups", canary=["nobody"])


def test_too_many_failures_end_the_run(platform: Platform) -> None:
    for group in platform.add_groups(6):
        _make_views_of_one_name(group)
    platform.release("broken")

    answer = platform.run("migrate_groups", workers=1, max_failures=2)

    assert len(answer["failures"]) == 3
    assert (answer["left"], answer["stopped"]) == (3, "too many failures")


def test_an_index_is_made_without_blocking_and_survives_a_broken_attempt(
    platform: Platform,
) -> None:
    group = platform.add_groups(1)[0]
    schema = group.schema_name
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f'CREATE INDEX saved_view_name_idx ON "{schema}".kernel_savedview (name)')
        cursor.execute(
            "SELECT count(*) FROM pg_index WHERE indexrelid = %s::regclass",
            [f"{schema}.saved_view_name_idx"],
        )
    with_superuser_break_index(platform, schema)
    platform.release("index")

    answer = platform.run("migrate_groups")

    assert answer["failures"] == []
    line = next(x for x in catalog.lines_of(schema) if "saved_view_name_idx" in x and "CREATE" in x)
    assert "| True | False | False" in line


def with_superuser_break_index(platform: Platform, schema: str) -> None:
    """As a CREATE INDEX CONCURRENTLY leaves it that was cut off."""
    import psycopg

    from forecourt.config import embedded

    url = embedded.database_url(embedded.home(), platform.databases[0], "postgres")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass",
            [f"{schema}.saved_view_name_idx"],
        )


def test_python_over_data_is_refused_before_anything_is_changed(platform: Platform) -> None:
    group = platform.add_groups(1)[0]
    platform.release("python")

    with pytest.raises(NotReplayable, match=r"kernel\.x4_python"):
        migrate_groups()

    assert schemas.applied_in([group.schema_name])[group.schema_name] < this_release().migrations
    assert not GroupMigration.objects.exists()


def test_a_busy_table_is_tried_again(platform: Platform) -> None:
    group = platform.add_groups(1)[0]
    platform.release("column")
    migrate_groups(canaries=["alpha"])  # renders, and leaves nothing of that to the clock below
    platform.release("column", "broken")

    def hold() -> None:
        from django.db import transaction

        with inside(group.identity), transaction.atomic():
            list(SavedView.objects.select_for_update())
            SavedView.objects.create(owner_id=1, list_name="x", name="x")
            time.sleep(4)

    results = at_once(hold, migrate_groups)

    assert results[1].ok, results[1].failures


def test_a_lost_schema_is_reported_and_not_made_anew(platform: Platform) -> None:
    group = platform.add_groups(1)[0]
    schemas.drop(group.schema_name)

    answer = platform.run("migrate_groups")

    assert [item["slug"] for item in answer["failures"]] == ["group-1"]
    assert group.schema_name not in schemas.present()


def test_killed_in_the_middle_it_goes_on_where_it_was(platform: Platform) -> None:
    groups = platform.add_groups(6)
    process = platform.spawn("migrate_groups", "--workers", "2", migrations="slow")
    step = ("kernel", "x5_slow")
    names = [group.schema_name for group in groups]
    deadline = time.monotonic() + 60
    while not any(step in applied for applied in schemas.applied_in(names).values()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(0.6)
    done = [name for name, applied in schemas.applied_in(names).items() if step in applied]
    assert 0 < len(done) < len(names)
    for name in names:
        has_column = any("savedview | slow" in line for line in catalog.lines_of(name))
        assert has_column == (name in done)

    platform.release("slow")
    answer = platform.run("migrate_groups")

    assert answer["failures"] == []
    assert answer["current"] + answer["migrated"] == 8
    assert all(step in applied for applied in schemas.applied_in(names).values())
    assert platform.run("verify")["problems"] == []


def test_two_processes_at_once_do_each_group_once(platform: Platform) -> None:
    platform.add_groups(4)
    arguments = ("migrate_groups", "--json", "--workers", "2")
    processes = [platform.spawn(*arguments, migrations="slow") for _number in range(2)]

    answers = []
    for process in processes:
        output, errors = process.communicate(timeout=90)
        assert process.returncode == 0, errors
        answers.append(json.loads(output))

    assert [answer["failures"] for answer in answers] == [[], []]
    for group in DealerGroup.objects.all():
        with connections[OWNER].cursor() as cursor:
            cursor.execute(
                f'SELECT count(*) FROM "{group.schema_name}".django_migrations WHERE name = %s',
                ["x5_slow"],
            )
            assert cursor.fetchone() == (1,)


def test_rights_and_shipped_data_are_renewed_when_they_change(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SavedView, "append_only", True, raising=False)
    this_release.cache_clear()
    assert "wrong rights" in str(platform.run("verify")["problems"])

    answer = platform.run("migrate_groups")

    assert (answer["migrated"], answer["exit"]) == (2, 0)
    assert platform.run("verify")["problems"] == []


def test_a_release_is_named_by_what_its_migrations_hold(platform: Platform) -> None:
    first = this_release()
    platform.release("column")
    second = this_release()
    platform.release()

    assert first.name != second.name
    assert this_release() == first
    assert name_of(frozenset()) == ""


def _make_views_of_one_name(group: DealerGroup) -> None:
    with inside(group.identity):
        for owner in (1, 2):
            SavedView.objects.create(owner_id=owner, list_name="leads", name="twice")


def _values(schema_name: str, column: str) -> list[str]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f'SELECT {column} FROM "{schema_name}".kernel_savedview')
        return [value for (value,) in cursor.fetchall()]
