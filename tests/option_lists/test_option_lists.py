"""Lists that a group keeps itself: values added, renamed, ordered, retired, and what follows."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import translation

from apps.crm.actions import mark_invalid, register_lead
from apps.crm.importers import LeadImporter
from apps.crm.models import Customer, Lead
from apps.crm.rules.leads import LEAD_SOURCES, LeadSource
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.configuration.actions import export_config, import_config, plan_config
from forecourt.kernel.custom_fields.actions import add_field, change_values, retire_field
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import inside
from forecourt.kernel.imports import Context
from forecourt.kernel.models import AuditEntry, OptionValue
from forecourt.kernel.option_lists import all_lists, option_list
from forecourt.kernel.option_lists import values as options
from forecourt.kernel.option_lists.actions import (
    add_value,
    change_value,
    move_value,
    order_values,
    remove_value,
    usage,
)
from forecourt.kernel.option_lists.planting import plant_option_values
from forecourt.kernel.remembered import remembering
from forecourt.kernel.verify import run_checks
from forecourt.ui import forms
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_staff, make_store

SYSTEM = system_actor("test")
PHONE = "13912345678"


@pytest.fixture
def owner(group) -> Actor:
    return actor_of(make_staff("group_owner"))


def source(code: str) -> OptionValue:
    return OptionValue.objects.get(list_code=LEAD_SOURCES, code=code)


def rows() -> list:
    return list(OptionValue.objects.order_by("id").values())


def test_a_new_group_has_the_built_in_values_in_both_languages(group):
    for declared in all_lists():
        found = options.values(declared.code)
        assert list(found) == [option.code for option in declared.values]
        assert all(value.name_zh and value.name_en for value in found.values())
    with translation.override("zh-hans"):
        assert options.label(LEAD_SOURCES, "WALK_IN") == "自然到店"
    with translation.override("en"):
        assert options.label(LEAD_SOURCES, "WALK_IN") == "Walk-in"


def test_planting_again_touches_nothing_that_the_group_has_changed(owner):
    change_value(list_code=LEAD_SOURCES, value_id=source("YICHE").pk, name_zh="易车网", actor=owner)
    change_value(list_code=LEAD_SOURCES, value_id=source("WEB").pk, is_active=False, actor=owner)
    OptionValue.objects.filter(code="AUTOHOME").delete()

    plant_option_values()

    assert (source("YICHE").name_zh, source("WEB").is_active) == ("易车网", False)
    assert source("AUTOHOME").is_built_in


def test_an_added_value_is_offered_accepted_filtered_and_imported_at_once(owner):
    value = add_value(list_code=LEAD_SOURCES, name_zh="抖音直播", name_en="", actor=owner)

    assert value.code == "DOU_YIN_ZHI_BO"
    assert (value.code, "抖音直播") in forms.OptionField(LEAD_SOURCES).choices
    lead = register_lead(actor=SYSTEM, source=value.code, phone=PHONE).lead
    assert lead.get_source_display() == "抖音直播"
    choice = {
        one.value: one for one in LeadImporter().field("source").choices(Context(actor=owner))
    }[value.code]
    assert {value.code, "抖音直播"} <= set(choice.synonyms)
    assert AuditEntry.objects.get(action="created", subject_kind="kernel.optionvalue")


def test_a_retired_value_stays_on_its_rows_and_is_offered_for_no_new_one(owner):
    lead = make_lead(source="YICHE")

    change_value(list_code=LEAD_SOURCES, value_id=source("YICHE").pk, is_active=False, actor=owner)

    offered = dict(options.choices(LEAD_SOURCES))
    assert "YICHE" not in offered
    assert "YICHE" in dict(options.all_choices(LEAD_SOURCES))
    assert "YICHE" in dict(options.choices(LEAD_SOURCES, keep="YICHE"))
    lead.refresh_from_db()
    assert lead.get_source_display() in {"易车", "Yiche"}
    before = Lead.objects.count(), Customer.objects.count()
    with pytest.raises(Invalid) as caught:
        register_lead(actor=SYSTEM, source="YICHE", phone=PHONE)
    assert caught.value.field == "source"
    assert (Lead.objects.count(), Customer.objects.count()) == before
    options.require(LEAD_SOURCES, "YICHE", field="source", keep="YICHE")


def test_a_restored_value_is_offered_again(owner):
    value_id = source("YICHE").pk
    change_value(list_code=LEAD_SOURCES, value_id=value_id, is_active=False, actor=owner)

    change_value(list_code=LEAD_SOURCES, value_id=value_id, is_active=True, actor=owner)

    options.require(LEAD_SOURCES, "YICHE", field="source")


def test_what_the_product_needs_is_renamed_but_not_retired(owner):
    value_id = source(LeadSource.WALK_IN).pk

    renamed = change_value(list_code=LEAD_SOURCES, value_id=value_id, name_zh="进店", actor=owner)
    before = rows()
    with pytest.raises(Conflict):
        change_value(list_code=LEAD_SOURCES, value_id=value_id, is_active=False, actor=owner)
    with pytest.raises(Conflict):
        remove_value(list_code=LEAD_SOURCES, value_id=value_id, actor=owner)

    assert (renamed.code, renamed.name_zh) == ("WALK_IN", "进店")
    assert rows() == before


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ({}, Invalid),
        ({"name_zh": "  "}, Invalid),
        ({"name_zh": "值" * 61}, Invalid),
        ({"name_zh": "懂车帝"}, Conflict),
        ({"name_en": "walk-IN"}, Conflict),
        ({"name_zh": "新", "code": "has space"}, Invalid),
        ({"name_zh": "新", "code": "é"}, Invalid),
        ({"name_zh": "新", "code": "x" * 31}, Invalid),
        ({"name_zh": "新", "code": "web"}, Conflict),
    ],
)
def test_a_value_needs_a_name_and_a_code_of_its_own(owner, names, error):
    before = rows()

    with pytest.raises(error):
        add_value(list_code=LEAD_SOURCES, actor=owner, **names)

    assert rows() == before


def test_the_database_keeps_codes_unique_and_well_formed(group):
    for fields in ({"code": "WEB"}, {"code": "web page"}, {"code": ""}, {"name_zh": ""}):
        values = {"code": "NEW", "name_zh": "新", **fields}
        with pytest.raises(IntegrityError), transaction.atomic():
            OptionValue.objects.create(list_code=LEAD_SOURCES, sequence=1, **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Lead.objects.filter(pk=make_lead().pk).update(source="no code")


def test_codes_made_of_names_never_meet(owner):
    first = add_value(list_code=LEAD_SOURCES, name_zh="车展", actor=owner)
    second = add_value(list_code=LEAD_SOURCES, name_zh="车站", actor=owner)
    third = add_value(list_code=LEAD_SOURCES, name_zh="🚗", actor=owner)
    fourth = add_value(list_code=LEAD_SOURCES, name_zh="x", name_en="Motor show 2026", actor=owner)

    assert [v.code for v in (first, second, third, fourth)] == [
        "CHE_ZHAN",
        "CHE_ZHAN_2",
        "VALUE",
        "MOTOR_SHOW_2026",
    ]


def test_a_list_is_ordered_and_its_values_move(owner):
    before = list(options.values(LEAD_SOURCES))

    moved = move_value(list_code=LEAD_SOURCES, value_id=source(before[1]).pk, up=True, actor=owner)
    move_value(list_code=LEAD_SOURCES, value_id=moved.pk, up=True, actor=owner)

    assert list(options.values(LEAD_SOURCES)) == [before[1], before[0], *before[2:]]
    order_values(list_code=LEAD_SOURCES, codes=["OTHER"], actor=owner)
    assert next(iter(options.values(LEAD_SOURCES))) == "OTHER"


def test_only_what_nothing_uses_is_removed(owner):
    unused = add_value(list_code=LEAD_SOURCES, name_zh="笔误", actor=owner)
    used = add_value(list_code=LEAD_SOURCES, name_zh="在用", actor=owner)
    make_lead(source=used.code)

    remove_value(list_code=LEAD_SOURCES, value_id=unused.pk, actor=owner)
    with pytest.raises(Conflict):
        remove_value(list_code=LEAD_SOURCES, value_id=used.pk, actor=owner)

    assert unused.code not in options.values(LEAD_SOURCES)
    assert used.code in options.values(LEAD_SOURCES)


def test_who_may_not_configure_changes_no_list(group):
    manager = actor_of(make_staff("store_manager", make_store()))
    value_id = source("YICHE").pk
    before = rows()

    for attempt in (
        lambda: add_value(list_code=LEAD_SOURCES, name_zh="新", actor=manager),
        lambda: change_value(
            list_code=LEAD_SOURCES, value_id=value_id, name_zh="新", actor=manager
        ),
        lambda: move_value(list_code=LEAD_SOURCES, value_id=value_id, up=True, actor=manager),
        lambda: order_values(list_code=LEAD_SOURCES, codes=["OTHER"], actor=manager),
        lambda: remove_value(list_code=LEAD_SOURCES, value_id=value_id, actor=manager),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert rows() == before


def test_a_value_is_found_in_its_own_list_only(owner):
    with pytest.raises(NotFound):
        change_value(list_code="lost_reasons", value_id=source("WEB").pk, name_zh="x", actor=owner)
    with pytest.raises(NotFound):
        add_value(list_code="no_such_list", name_zh="x", actor=owner)


def test_of_two_who_add_the_same_code_one_is_told(live_group):
    barrier, refused = threading.Barrier(2), []

    def add(name: str) -> None:
        with inside(live_group):
            barrier.wait()
            try:
                add_value(list_code=LEAD_SOURCES, name_zh=name, code="TIKTOK", actor=SYSTEM)
            except Conflict as refusal:
                refused.append(refusal.field)
            finally:
                connection.close()

    threads = [threading.Thread(target=add, args=[name]) for name in ("抖音", "抖音号")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == ["code"]
    assert OptionValue.objects.filter(code="TIKTOK").count() == 1


def test_a_change_is_seen_by_others_only_once_it_is_committed(live_group):
    from django.core.cache import cache

    cache.clear()
    assert "TIKTOK" not in options.values(LEAD_SOURCES)
    seen: list[bool] = []

    def look() -> None:
        with inside(live_group), remembering():
            seen.append("TIKTOK" in options.values(LEAD_SOURCES))
            connection.close()

    def look_elsewhere() -> None:
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    with remembering():
        with transaction.atomic():
            add_value(list_code=LEAD_SOURCES, name_zh="抖音", code="TIKTOK", actor=SYSTEM)
            assert "TIKTOK" in options.values(LEAD_SOURCES)
            look_elsewhere()
        look_elsewhere()

    assert seen == [False, True]


def test_a_change_that_is_taken_back_was_never_seen(live_group):
    from django.core.cache import cache

    cache.clear()
    with remembering(), pytest.raises(ZeroDivisionError), transaction.atomic():
        add_value(list_code=LEAD_SOURCES, name_zh="抖音", code="TIKTOK", actor=SYSTEM)
        assert "TIKTOK" in options.values(LEAD_SOURCES)
        raise ZeroDivisionError

    assert "TIKTOK" not in options.values(LEAD_SOURCES)


def test_within_a_request_the_values_are_read_once(group, django_assert_num_queries):
    rows()
    with remembering(), django_assert_num_queries(1):
        for _time in range(3):
            options.label(LEAD_SOURCES, "WEB")
            options.choices("lost_reasons")
    with remembering(), django_assert_num_queries(0):
        options.label(LEAD_SOURCES, "WEB")


def test_groups_do_not_see_each_others_values(owner, other_group):
    add_value(list_code=LEAD_SOURCES, name_zh="抖音", code="TIKTOK", actor=owner)

    with inside(other_group):
        assert "TIKTOK" not in options.values(LEAD_SOURCES)


def test_an_invalid_reason_must_be_one_of_the_groups(owner):
    lead = make_lead(owner=make_staff("sales_advisor", make_store()))
    own = add_value(list_code="invalid_reasons", name_zh="同行询价", actor=owner)

    with pytest.raises(Invalid):
        mark_invalid(lead_id=lead.pk, reason="NO_SUCH", actor=SYSTEM)
    lead.refresh_from_db()
    assert lead.invalid_reason == ""

    assert mark_invalid(lead_id=lead.pk, reason=own.code, actor=SYSTEM).invalid_reason == own.code


def test_verify_tells_of_codes_that_no_list_has(group):
    lead = make_lead()
    Lead.objects.filter(pk=lead.pk).update(source="GONE")

    found = dict(run_checks())["option codes are values of their lists"]

    assert [problem.subject for problem in found] == ["lead_sources GONE"]


def test_lists_travel_in_the_configuration_file(owner, other_group):
    add_value(list_code=LEAD_SOURCES, name_zh="抖音", code="TIKTOK", actor=owner)
    change_value(list_code=LEAD_SOURCES, value_id=source("WEB").pk, is_active=False, actor=owner)
    order_values(list_code=LEAD_SOURCES, codes=["TIKTOK", "WALK_IN"], actor=owner)
    text = export_config(actor=owner)

    with inside(other_group):
        plan = plan_config(text, actor=SYSTEM)
        assert "TIKTOK" not in options.values(LEAD_SOURCES)
        import_config(text, actor=SYSTEM)

        assert plan.counts()["option_lists"] == {"added": 1, "changed": 2, "removed": 0}
        assert export_config(actor=SYSTEM).split("  regions:")[0] == text.split("  regions:")[0]
        assert list(options.values(LEAD_SOURCES))[:2] == ["TIKTOK", "WALK_IN"]


def test_a_file_cannot_take_away_what_records_hold(owner):
    used = add_value(list_code=LEAD_SOURCES, name_zh="在用", code="USED", actor=owner)
    text = export_config(actor=owner)
    remove_value(list_code=LEAD_SOURCES, value_id=used.pk, actor=owner)
    without = export_config(actor=owner)
    import_config(text, actor=owner)
    make_lead(source="USED")
    before = rows()

    plan = plan_config(without, actor=owner)

    assert [problem.where for problem in plan.problems] == ["option_lists › lead_sources › USED"]
    assert rows() == before


@pytest.fixture
def browser(group, owner, client_of) -> Client:
    from apps.organisation.models import StaffMember

    return client_of(group, StaffMember.objects.get(pk=owner.staff_id).user)


def test_the_pages_show_and_change_a_list(browser):
    assert "懂车帝" in browser.get("/settings/option-lists/").text
    page = browser.get("/settings/option-lists/lead_sources/")
    assert page.status_code == 200

    added = browser.post(
        "/settings/option-lists/lead_sources/add/",
        {"name_zh": "抖音", "name_en": "TikTok"},
        headers={"hx-request": "true"},
    )

    assert added.headers["HX-Refresh"] == "true"
    value = source("TIKTOK")
    answer = browser.post(
        f"/settings/option-lists/lead_sources/{value.pk}/switch/",
        {"on": "no"},
        headers={"hx-request": "true"},
    )
    assert 'id="option-values"' in answer.text
    assert "<html" not in answer.text
    assert not source("TIKTOK").is_active
    history = browser.get("/settings/option-lists/lead_sources/history/").text
    assert history.count("抖音") >= 2
    assert "抖音" not in browser.get("/settings/option-lists/lost_reasons/history/").text


def test_a_refused_name_stands_beside_its_field_and_nothing_typed_is_lost(browser):
    before = rows()

    answer = browser.post(
        "/settings/option-lists/lead_sources/add/",
        {"name_zh": "懂车帝", "name_en": "Typed"},
        headers={"hx-request": "true"},
    )

    assert answer.status_code == 422
    assert 'value="Typed"' in answer.text
    assert "is-invalid" in answer.text or "aria-invalid" in answer.text
    assert rows() == before


def test_the_page_of_a_list_is_read_in_few_queries(browser, django_assert_max_num_queries):
    browser.get("/settings/option-lists/lead_sources/")
    with django_assert_max_num_queries(12):
        browser.get("/settings/option-lists/lead_sources/")


@pytest.mark.parametrize(("kind", "held"), [("CHOICE", "FAIR"), ("CHOICES", ["WALK_IN", "FAIR"])])
def test_a_value_that_only_custom_fields_hold_counts_as_used(owner, kind, held):
    value = add_value(list_code=LEAD_SOURCES, name_zh="车展", code="FAIR", actor=owner)
    options_of = {"option_list": LEAD_SOURCES}
    field = add_field(
        host="staff", code="came", kind=kind, label_zh="来源", options=options_of, actor=owner
    )
    people = [make_staff(), make_staff()]
    for person in people:
        change_values(host="staff", row_id=person.pk, values={"came": held}, actor=owner)

    for _retired in range(2):
        assert usage(option_list(LEAD_SOURCES))["FAIR"] == 2
        with pytest.raises(Conflict):
            remove_value(list_code=LEAD_SOURCES, value_id=value.pk, actor=owner)
        retire_field(field_id=field.pk, actor=owner)
    for person in people:
        type(person).objects.filter(pk=person.pk).update(custom={})
    remove_value(list_code=LEAD_SOURCES, value_id=value.pk, actor=owner)

    assert not OptionValue.objects.filter(pk=value.pk).exists()
