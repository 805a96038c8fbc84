"""Spaces: what a replay makes equals what migrations make, and the pool is shared fairly."""

import pytest
from django.db import connections, models
from django.db.migrations import AddField, AddIndex, CreateModel, Migration, RunSQL
from django.db.migrations.executor import MigrationExecutor

from forecourt.kernel.groups import GroupIdentity, inside, inside_alias
from tenants import catalog, schemas, scripts, spaces
from tenants.groups import AddressTaken, NoSpaceReady, register_group, register_group_from_pool
from tenants.models import DealerGroup, Domain, Space
from tenants.releases import OWNER, this_release
from tests.tenancy.conftest import Platform, at_once


def test_a_group_starts_with_the_built_in_roles(group: GroupIdentity) -> None:
    from apps.organisation.models import Role

    assert Role.objects.filter(code="group_owner", is_built_in=True).count() == 1


def test_a_replayed_space_equals_a_really_migrated_schema(platform: Platform) -> None:
    space = spaces.build_space()
    with schemas.scratch() as migrated:
        with inside_alias(OWNER, migrated):
            executor = MigrationExecutor(connections[OWNER])
            executor.migrate(
                [key for key in executor.loader.graph.leaf_nodes() if _in_group(key[0])]
            )
        really = catalog.lines_of(migrated)
        recorded = schemas.applied_in([migrated])[migrated]
    replayed = catalog.lines_of(space.schema_name)

    assert catalog.differences(really, replayed) == []
    assert len(replayed) == len(really) > 100
    assert schemas.applied_in([space.schema_name])[space.schema_name] == recorded
    assert recorded == this_release().migrations
    assert scripts.catalog_of(this_release()) == really


def _in_group(app_label: str) -> bool:
    return app_label in {app for app, _name in this_release().migrations}


def test_what_a_table_gets_later_is_not_made_with_it() -> None:
    by_number, by_size = (models.Index(fields=[name], name=f"thing_{name}_idx") for name in "ns")
    migration = Migration("0001_things", "things")
    migration.operations = [
        CreateModel("Thing", [("n", models.IntegerField(primary_key=True))]),
        CreateModel("Other", [("n", models.IntegerField(primary_key=True))]),
        AddIndex("thing", by_number),
        AddField("thing", "s", models.IntegerField(default=0)),
        AddIndex("thing", by_size),
        RunSQL("SELECT 1"),
        AddIndex("other", models.Index(fields=["n"], name="other_n_idx")),
    ]

    found = scripts.with_whole_tables(migration)

    assert [type(operation).__name__ for operation in found] == [
        *("CreateModel", "CreateModel", "AddField", "AddIndex", "RunSQL", "AddIndex"),
    ]
    assert found[0].options["indexes"] == [by_number]
    assert "indexes" not in found[1].options


def test_the_catalog_tells_apart_what_differs(platform: Platform) -> None:
    first, second = spaces.build_space(), spaces.build_space()
    with connections[OWNER].cursor() as cursor:
        for statement in (
            "ALTER TABLE {}.kernel_savedview ALTER name SET DEFAULT 'x'",
            "ALTER TABLE {}.kernel_savedview ALTER owner_id TYPE numeric",
            "ALTER TABLE {}.kernel_savedview DROP CONSTRAINT saved_view_name_uq",
            "ALTER SEQUENCE {}.kernel_savedview_id_seq INCREMENT 2",
            "CREATE INDEX extra ON {}.kernel_job (kind)",
            "CREATE FUNCTION {}.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ):
            cursor.execute(statement.format(second.schema_name))

    found = catalog.differences(
        catalog.lines_of(first.schema_name), catalog.lines_of(second.schema_name)
    )

    assert [line.split(" ")[1] for line in found if line.startswith("+")] == [
        "column",
        "column",
        "function",
        "index",
        "sequence",
    ]
    assert any(line.startswith("- constraint kernel_savedview") for line in found)


def test_a_failed_space_leaves_no_schema(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = schemas.present()
    monkeypatch.setattr(spaces, "plant", lambda _name: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        spaces.build_space()

    assert schemas.present() == before
    assert Space.objects.get(state=Space.State.FAILED).error == "division by zero"
    assert spaces.discard_stale() == 1


def test_the_pool_is_filled_once_and_stale_spaces_are_dropped(platform: Platform) -> None:
    old = spaces.build_space()
    Space.objects.filter(pk=old.pk).update(release="older")
    Space.objects.filter(pk=old.pk).update(created_at="2020-01-01T00:00Z")

    assert spaces.fill_pool(2) == 2
    assert spaces.fill_pool(2) == 0

    assert not Space.objects.filter(pk=old.pk).exists()
    assert old.schema_name not in schemas.present()
    assert Space.objects.filter(state=Space.State.READY).count() == 2


def test_a_space_of_the_next_release_is_left_alone_while_it_is_rolled_out(
    platform: Platform,
) -> None:
    newer = spaces.build_space()
    Space.objects.filter(pk=newer.pk).update(release="newer")

    spaces.fill_pool(1)

    assert newer.schema_name in schemas.present()


def test_two_who_fill_the_pool_at_once_do_not_make_twice_as_many(platform: Platform) -> None:
    spaces.build_space()
    at_once(lambda: spaces.fill_pool(3), lambda: spaces.fill_pool(3))

    assert Space.objects.filter(state=Space.State.READY).count() == 3


def test_without_a_space_nothing_is_left_behind(platform: Platform) -> None:
    groups = set(DealerGroup.objects.values_list("slug", flat=True))

    with pytest.raises(NoSpaceReady):
        register_group_from_pool(slug="early", name="Early")

    assert set(DealerGroup.objects.values_list("slug", flat=True)) == groups


def test_two_who_take_the_last_space_get_one_each(platform: Platform) -> None:
    spaces.build_space()

    results = at_once(
        lambda: register_group(slug="first", name="First"),
        lambda: register_group(slug="second", name="Second"),
    )

    assert {group.slug for group in results} == {"first", "second"}
    names = {group.schema_name for group in results}
    assert len(names) == 2
    for group in results:
        with inside(group.identity):
            from apps.organisation.models import Role

            assert Role.objects.exists()


def test_the_same_address_at_the_same_moment_goes_to_one(platform: Platform) -> None:
    spaces.fill_pool(4)

    results = at_once(
        *[lambda: register_group(slug="wanted", name="Wanted") for _number in range(4)]
    )

    refusals = [result for result in results if isinstance(result, AddressTaken)]
    assert len(refusals) == 3
    assert {refusal.field for refusal in refusals} == {"slug"}
    assert DealerGroup.objects.filter(slug="wanted").count() == 1
    assert Domain.objects.filter(domain="wanted.localhost").count() == 1
    assert Space.objects.filter(state=Space.State.READY).count() == 3
