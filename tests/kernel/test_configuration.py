"""The whole configuration: out, in, back again, all or nothing."""

import json
import threading
from collections.abc import Callable
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection

from apps.crm.models import AssignmentRule
from apps.organisation.actions import copy_role
from apps.organisation.models import Region, Role, RolePermission, Store
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.configuration import actions, all_parts, document
from forecourt.kernel.configuration.actions import (
    ConfigurationRefused,
    export_config,
    import_config,
    plan_config,
    save_version,
)
from forecourt.kernel.errors import Conflict, NotPermitted
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import inside
from forecourt.kernel.models import AuditEntry, ConfigurationVersion, SettingValue
from tests.factories.organisation import actor_of, make_region, make_staff, make_store
from tests.factories.settings import decide

SYSTEM = system_actor("test")


@pytest.fixture
def owner(group) -> Actor:
    return actor_of(make_staff("group_owner"))


def changed(text: str, change: Callable[[dict], None]) -> str:
    parts = document.read(text).parts
    change(parts)
    return document.write(parts)


def decided(value: int) -> dict:
    return {"rule": "DEFAULT", "value": value, "brands": {}, "stores": {}}


def repeats(days: int, key: str = "crm.repeat_days") -> Callable[[dict], None]:
    """Decides one setting in the file."""
    return lambda parts: parts["settings"].update({key: decided(days)})


def state() -> tuple:
    """All that the parts of these tests stand on."""
    return (
        list(Role.objects.order_by("id").values_list("code", "name_zh", "name_en")),
        list(RolePermission.objects.order_by("id").values_list("role", "permission", "scope")),
        list(Region.objects.order_by("id").values()),
        list(AssignmentRule.objects.order_by("sequence").values()),
        list(SettingValue.objects.order_by("id").values()),
        AuditEntry.objects.count(),
        ConfigurationVersion.objects.count(),
    )


def fill() -> None:
    """A configuration that differs from a new group's in every part."""
    make_region(name_zh="华东", name_en="East", sequence=2)
    store = make_store(code="SH01")
    advisor = make_staff("sales_advisor", store, email="li@alpha.example")
    Role.objects.filter(code="cashier").update(name_zh="收银")
    copy_role(role_id=Role.objects.get(code="sales_advisor").pk, name_zh="资深顾问", actor=SYSTEM)
    AssignmentRule.objects.create(
        name="上海",
        sequence=20,
        store=store,
        staff_ids=[advisor.pk],
        open_lead_cap=5,
        conditions={"divisions": ["310000"], "sources": ["WEB"]},
        is_active=False,
    )
    decide("crm.response_minutes", 45)
    decide("crm.response_minutes", 5, store_id=store.pk)
    decide("crm.open_lead_cap", 40, rule="FIXED")


def test_export_wipe_import_gives_the_same_file(owner):
    fill()
    before = export_config(actor=owner)
    Role.objects.filter(is_built_in=False).delete()
    RolePermission.objects.exclude(role__code="group_owner").delete()
    Role.objects.exclude(code="group_owner").update(name_zh="x", name_en="y")
    Region.objects.all().delete()
    AssignmentRule.objects.all().delete()
    SettingValue.objects.filter(level="STORE").delete()
    decide("crm.response_minutes", 1)
    decide("crm.repeat_days", 1)
    assert export_config(actor=owner) != before

    import_config(before, actor=owner)

    assert export_config(actor=owner) == before


def test_importing_what_is_there_already_changes_nothing(owner):
    fill()
    before = state()

    outcome = import_config(export_config(actor=owner), actor=owner)

    assert outcome.version is None
    assert outcome.plan.changes == []
    assert state() == before


def test_a_dry_run_on_another_group_shows_the_difference(owner, other_group):
    fill()
    text = export_config(actor=owner)
    with inside(other_group):
        make_store(code="SH01")
        make_staff("sales_advisor", email="li@alpha.example")
        before = state()

        plan = plan_config(text, actor=SYSTEM)

        assert plan.problems == []
        assert plan.counts().keys() == {"roles", "regions", "assignment_rules", "settings"}
        assert {(c.kind, c.where) for c in plan.changes if c.part == "regions"} == {
            ("added", "华东")
        }
        assert [(c.where, c.before, c.after) for c in plan.changes if c.part == "settings"] == [
            ("crm.open_lead_cap", None, decided(40) | {"rule": "FIXED"}),
            ("crm.response_minutes", None, decided(45) | {"stores": {"SH01": 5}}),
        ]
        assert state() == before


def test_what_the_other_group_lacks_is_named_with_its_line(owner, other_group):
    fill()
    text = export_config(actor=owner)
    with inside(other_group):
        before = state()

        plan = plan_config(text, actor=SYSTEM)
        with pytest.raises(ConfigurationRefused):
            import_config(text, actor=SYSTEM)

        assert [problem.where for problem in plan.problems] == [
            "assignment_rules › 2 › store",
            "assignment_rules › 2 › staff › 1",
            "settings › crm.response_minutes › stores › SH01",
        ]
        lines = text.splitlines()
        assert "SH01" in lines[plan.problems[0].line - 1]
        assert "li@alpha.example" in lines[plan.problems[1].line - 1]
        assert state() == before


def test_a_part_that_the_file_does_not_name_stays(owner):
    fill()
    text = changed(export_config(actor=owner), lambda parts: parts.pop("regions"))

    import_config(changed(text, repeats(7)), actor=owner)

    assert Region.objects.filter(name_zh="华东").exists()
    assert value_of("crm.repeat_days") == 7


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda p: p.update(rolls={}), "rolls"),
        (lambda p: p["roles"].update(group_owner=p["roles"]["auditor"]), "roles › group_owner"),
        (
            lambda p: p["roles"]["auditor"]["rights"].update({"crm.fly": "GROUP"}),
            "roles › auditor › rights › crm.fly",
        ),
        (
            lambda p: p["roles"]["auditor"]["rights"].update({"crm.view_lead": "WORLD"}),
            "roles › auditor › rights › crm.view_lead",
        ),
        (lambda p: p["roles"]["auditor"].pop("name_zh"), "roles › auditor"),
        (lambda p: p.update(roles=[1]), "roles"),
        (repeats(-1, "crm.protection_days"), "settings › crm.protection_days › value"),
        (lambda p: p.update(regions={}), "regions › 华东"),
        (
            lambda p: p["assignment_rules"][0].update(divisions=["999999"]),
            "assignment_rules › 1 › divisions › 1",
        ),
        (
            lambda p: p["assignment_rules"][0].update(strategy="LUCK"),
            "assignment_rules › 1 › strategy",
        ),
    ],
)
def test_one_fault_refuses_all_of_the_file(owner, change, where):
    fill()
    Store.objects.update(region=Region.objects.get())
    text = changed(export_config(actor=owner), change)
    text = changed(text, repeats(11))
    before = state()

    plan = plan_config(text, actor=owner)
    with pytest.raises(ConfigurationRefused) as caught:
        import_config(text, actor=owner)

    assert [problem.where for problem in plan.problems] == [where]
    assert [problem.where for problem in caught.value.problems] == [where]
    assert state() == before


def test_an_import_gives_nobody_rights_beyond_the_importers_own(owner):
    headquarters = actor_of(make_staff("headquarters"))
    assert not headquarters.can("organisation.manage_group")
    text = changed(
        export_config(actor=headquarters),
        lambda p: p["roles"]["headquarters"]["rights"].update(
            {"organisation.manage_group": "GROUP"}
        ),
    )
    before = state()

    plan = plan_config(text, actor=headquarters)
    with pytest.raises(ConfigurationRefused):
        import_config(text, actor=headquarters)

    assert [problem.where for problem in plan.problems] == ["roles › headquarters"]
    assert state() == before
    import_config(text, actor=owner)


def test_built_in_roles_stay_where_the_file_does_not_name_them(owner):
    text = changed(export_config(actor=owner), lambda p: p["roles"].pop("auditor"))

    assert plan_config(text, actor=owner).changes == []


def test_a_role_that_somebody_has_is_not_removed(owner):
    role = copy_role(role_id=Role.objects.get(code="cashier").pk, name_zh="收银组长", actor=owner)
    staff = make_staff("cashier", make_store())
    staff.roles.add(role)
    text = changed(export_config(actor=owner), lambda p: p["roles"].pop(role.code))
    before = state()

    with pytest.raises(ConfigurationRefused) as caught:
        import_config(text, actor=owner)

    assert [problem.where for problem in caught.value.problems] == [f"roles › {role.code}"]
    assert state() == before


def test_rules_keep_their_history_and_stand_in_the_files_order(owner):
    fill()
    first, second = AssignmentRule.objects.order_by("sequence")
    text = changed(export_config(actor=owner), lambda p: p["assignment_rules"].reverse())

    import_config(text, actor=owner)

    assert [rule.pk for rule in AssignmentRule.objects.order_by("sequence")] == [
        second.pk,
        first.pk,
    ]


def test_who_may_not_configure_neither_exports_nor_imports(group):
    manager = actor_of(make_staff("store_manager", make_store()))
    before = state()

    for attempt in (
        lambda: export_config(actor=manager),
        lambda: plan_config("format: 1\nparts: {}\n", actor=manager),
        lambda: import_config("format: 1\nparts: {}\n", actor=manager),
        lambda: save_version(actor=manager),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert state() == before


def test_what_was_there_before_an_import_is_kept_and_can_be_brought_back(owner):
    before = export_config(actor=owner)
    text = changed(before, repeats(3))

    outcome = import_config(text, actor=owner, note="试行")

    kept = list(ConfigurationVersion.objects.order_by("id"))
    assert [version.origin for version in kept] == ["BEFORE", "IMPORTED"]
    assert kept[0].content == before
    assert (outcome.version, kept[1].note) == (kept[1], "试行")
    entry = AuditEntry.objects.get(action="imported")
    assert entry.changes["settings"] == {"added": 1, "changed": 0, "removed": 0}

    import_config(kept[0].content, actor=owner, origin="RESTORED")

    assert export_config(actor=owner) == before
    assert [v.origin for v in ConfigurationVersion.objects.order_by("id")] == [
        "BEFORE",
        "IMPORTED",
        "RESTORED",
    ]


def test_what_changed_after_the_preview_is_not_overwritten(owner):
    text = changed(export_config(actor=owner), repeats(3))
    plan = plan_config(text, actor=owner)
    decide("crm.protection_days", 5)
    before = state()

    with pytest.raises(Conflict):
        import_config(text, actor=owner, base=plan.base)

    assert state() == before


def test_versions_are_compared_by_place(owner):
    first = save_version(actor=owner, note="一")
    decide("crm.repeat_days", 3)
    second = save_version(actor=owner, note="二")

    found = actions.compare_versions(before=first.content, after=second.content)

    assert [(c.place, c.before, c.after) for c in found] == [
        (("settings", "crm.repeat_days"), None, decided(3))
    ]


def test_a_kept_version_cannot_be_changed_by_the_application(owner):
    version = save_version(actor=owner)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege('kernel_configurationversion', p)"
            " FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'INSERT']) AS p"
        )
        assert [row[0] for row in cursor.fetchall()] == [False, False, False, True]
    assert ConfigurationVersion.objects.get(pk=version.pk).content == version.content


def test_of_two_imports_at_once_the_second_sees_the_first(live_group):
    text = export_config(actor=SYSTEM)
    base = plan_config(text, actor=SYSTEM).base
    texts = [changed(text, repeats(days)) for days in (11, 12)]
    barrier, refused = threading.Barrier(2), []

    def run(own: str) -> None:
        with inside(live_group):
            barrier.wait()
            try:
                import_config(own, actor=SYSTEM, base=base)
            except Conflict as refusal:
                refused.append(refusal)
            finally:
                connection.close()

    threads = [threading.Thread(target=run, args=[own]) for own in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert value_of("crm.repeat_days") in (11, 12)
    assert ConfigurationVersion.objects.filter(origin="IMPORTED").count() == 1


def test_every_part_comes_after_those_it_stands_on():
    names = [part.name for part in all_parts()]

    for part in all_parts():
        assert all(names.index(name) < names.index(part.name) for name in part.after)


def run(command: str, **options) -> str:
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def test_the_commands_export_try_and_import(group, tmp_path):
    file = tmp_path / "config.yaml"
    run("export_config", group="alpha", to=str(file))
    file.write_text(changed(file.read_text(), repeats(3)))

    tried = json.loads(
        run("import_config", group="alpha", source=str(file), dry_run=True, json=True)
    )

    assert tried["counts"] == {"settings": {"added": 1, "changed": 0, "removed": 0}}
    assert tried["imported"] is False
    assert value_of("crm.repeat_days") == 90

    run("import_config", group="alpha", source=str(file))

    assert value_of("crm.repeat_days") == 3
    assert yaml.safe_load(run("export_config", group="alpha")) == yaml.safe_load(file.read_text())


def test_the_command_says_what_is_wrong_and_exits_with_an_error(group, tmp_path, capsys):
    file = tmp_path / "config.yaml"
    file.write_text(
        "format: 1\nparts:\n  settings: {crm.repeat_days: {rule: FIXED, value: -1}, x.y: {}}\n"
    )
    out = StringIO()

    with pytest.raises(SystemExit) as left:
        call_command("import_config", group="alpha", source=str(file), json=True, stdout=out)

    assert left.value.code == 1
    problems = json.loads(out.getvalue())["problems"]
    assert {(tuple(p["place"]), p["line"]) for p in problems} == {
        (("settings", "x.y"), 3),
        (("settings", "crm.repeat_days", "value"), 3),
    }
    with pytest.raises(CommandError):
        call_command("import_config", group="nobody", source=str(file))
    with pytest.raises(CommandError):
        call_command("import_config", group="alpha", source=str(tmp_path / "none"))
