"""What an administrator may do with a field, and what is refused."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import save_values, visible
from forecourt.kernel.custom_fields.actions import (
    add_field,
    change_field,
    change_kind,
    delete_field,
    order_fields,
    restore_field,
    retire_field,
)
from forecourt.kernel.custom_fields.errors import FieldInUse, ValuesClash, ValuesDoNotConvert
from forecourt.kernel.custom_fields.patterns import require_pattern
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry, CustomField, CustomKey
from forecourt.kernel.option_lists import all_lists
from forecourt.kernel.option_lists.values import values as option_values
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff, make_store

LIST = {"choices": [{"value": "a", "label_zh": "甲"}, {"value": "b", "label_zh": "乙"}]}


def test_a_code_is_taken_once_for_each_host(owner, make_field):
    make_field("TEXT", code="hobby")
    make_field("TEXT", code="hobby", host="lead")

    with pytest.raises(Conflict) as refusal:
        make_field("DATE", code="hobby")

    assert refusal.value.field == "code"
    assert CustomField.objects.count() == 2


@pytest.mark.parametrize("code", ["", "1st", "Hobby", "with space", "x" * 41, "_a", "爱好"])
def test_a_code_that_no_program_could_use_is_refused(owner, make_field, code):
    with pytest.raises(Invalid) as refusal:
        add_field(host="customer", code=code, kind="TEXT", label_zh="爱好", actor=owner)

    assert refusal.value.field == "code"
    assert not CustomField.objects.exists()


@pytest.mark.parametrize(
    ("kind", "details", "field"),
    [
        ("TEXT", {"label_zh": "", "label_en": ""}, "label_zh"),
        ("TEXT", {"options": {"max_length": 0}}, "max_length"),
        ("TEXT", {"options": {"pattern": "(a+)+$"}}, "pattern"),
        ("INTEGER", {"options": {"min": "5", "max": "1"}}, "max"),
        ("INTEGER", {"options": {"min": "x"}}, "min"),
        ("DATE", {"options": {"min": "tomorrow"}}, "min"),
        ("DECIMAL", {"options": {"places": 9}}, "places"),
        ("CHOICE", {"options": {}}, "choices"),
        ("CHOICE", {"options": {"choices": [{"label_zh": "甲"}, {"label_zh": "甲"}]}}, "choices"),
        ("INTEGER", {"default": "x"}, "default"),
        ("TEXT", {"is_unique": True, "default": "x"}, "default"),
        ("BOOLEAN", {"is_unique": True}, "is_unique"),
        ("LONG_TEXT", {"is_indexed": True}, "is_indexed"),
        ("DATE", {"is_searchable": True}, "is_searchable"),
        ("FILE", {"default": "x"}, "default"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_input(owner, make_field, kind, details, field):
    with pytest.raises(Invalid) as refusal:
        make_field(kind, code="f", **details)

    assert refusal.value.field == field
    assert not CustomField.objects.exists()


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "a|b", "^a$", "(?=a)b", r"\1", ".*.*.*", "[a", "a{2", "x{1,300}y*z*"]
)
def test_a_pattern_that_could_be_slow_is_refused(pattern):
    with pytest.raises(Invalid):
        require_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", [r"[A-Z]{2}\d{4}", r"\d{3,8}", "沪[A-Z][A-Z0-9]{5}", r"a\.b?.*"]
)
def test_a_plain_pattern_is_understood(pattern):
    require_pattern(pattern)


def test_whoever_may_not_manage_fields_adds_changes_and_retires_none(make_field):
    field = make_field("TEXT", code="hobby")
    manager = actor_of(make_staff("store_manager", make_store()))

    for attempt in (
        lambda: add_field(host="customer", code="x", kind="TEXT", label_zh="x", actor=manager),
        lambda: change_field(field_id=field.pk, label_zh="x", actor=manager),
        lambda: change_kind(field_id=field.pk, kind="DATE", actor=manager),
        lambda: retire_field(field_id=field.pk, actor=manager),
        lambda: restore_field(field_id=field.pk, actor=manager),
        lambda: delete_field(field_id=field.pk, actor=manager),
        lambda: order_fields(host="customer", field_ids=[field.pk], actor=manager),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    field.refresh_from_db()
    assert (field.label_zh, field.kind, field.is_active) == ("字段hobby", "TEXT", True)
    assert CustomField.objects.count() == 1


def test_a_field_of_nothing_is_refused(owner):
    with pytest.raises(NotFound):
        add_field(host="spaceship", code="x", kind="TEXT", label_zh="x", actor=owner)


def test_the_log_tells_what_was_changed_of_a_field(owner, make_field):
    field = make_field("TEXT", code="hobby", label_zh="爱好")

    change_field(field_id=field.pk, label_zh="业余爱好", actor=owner)

    entry = AuditEntry.objects.filter(subject_kind="kernel.customfield", action="changed").get()
    assert entry.changes["label_zh"] == ["爱好", "业余爱好"]


def test_both_languages_have_their_name(owner, make_field):
    make_field("TEXT", code="hobby", label_zh="爱好", label_en="Hobby")
    make_field("TEXT", code="plate", label_zh="车牌", label_en="")
    hobby, plate = visible("customer", owner)

    with override("zh-hans"):
        assert (hobby.label, plate.label) == ("爱好", "车牌")
    with override("en"):
        assert (hobby.label, plate.label) == ("Hobby", "车牌")


def test_fields_are_put_into_an_order(owner, make_field):
    one, _two, three = (make_field("TEXT", code=code) for code in ("one", "two", "three"))

    order_fields(host="customer", field_ids=[three.pk, one.pk], actor=owner)

    assert [field.code for field in visible("customer", owner)] == ["three", "one", "two"]
    other = make_field("TEXT", code="other", host="lead")
    with pytest.raises(Invalid):
        order_fields(host="customer", field_ids=[other.pk], actor=owner)


def test_a_field_with_values_is_retired_and_not_deleted(owner, make_field):
    field = make_field("TEXT", code="hobby")
    customer = make_customer()
    save_values(customer, {"hobby": "skiing"}, actor=owner)

    with pytest.raises(FieldInUse):
        delete_field(field_id=field.pk, actor=owner)
    retire_field(field_id=field.pk, actor=owner)
    assert visible("customer", owner) == []
    restore_field(field_id=field.pk, actor=owner)
    assert [found.code for found in visible("customer", owner)] == ["hobby"]

    save_values(customer, {"hobby": None}, actor=owner)
    delete_field(field_id=field.pk, actor=owner)
    assert not CustomField.objects.exists()


def test_a_choice_that_records_have_is_retired_and_not_removed(owner, make_field):
    field = make_field("CHOICE", code="level", options=LIST)
    customer = make_customer()
    save_values(customer, {"level": "a"}, actor=owner)

    with pytest.raises(Invalid) as refusal:
        change_field(field_id=field.pk, options={"choices": LIST["choices"][1:]}, actor=owner)
    assert refusal.value.field == "choices"
    field.refresh_from_db()
    assert len(field.options["choices"]) == 2

    retired = [{**LIST["choices"][0], "is_active": False}, LIST["choices"][1]]
    change_field(field_id=field.pk, options={"choices": retired}, actor=owner)
    save_values(customer, {"level": "a"}, actor=owner)
    assert customer.custom == {"level": "a"}
    change_field(
        field_id=field.pk, options={"choices": [*retired[:1], {"label_zh": "丙"}]}, actor=owner
    )
    field.refresh_from_db()
    assert [choice["value"] for choice in field.options["choices"]] == ["a", "c1"]


def test_a_field_of_a_list_takes_the_values_of_an_option_list(owner, make_field):
    with pytest.raises(Invalid) as refusal:
        make_field("CHOICE", code="none", options={"option_list": "no.such"})
    assert refusal.value.field == "option_list"
    code = next(declared.code for declared in all_lists() if option_values(declared.code))
    first = next(iter(option_values(code)))
    make_field("CHOICE", code="origin", options={"option_list": code})
    customer = make_customer()

    save_values(customer, {"origin": first}, actor=owner)

    assert customer.custom == {"origin": first}
    with pytest.raises(Invalid):
        save_values(customer, {"origin": "NOT_IN_IT"}, actor=owner)
    (field,) = visible("customer", owner)
    assert [choice.value for choice in field.choices] == list(option_values(code))


@pytest.mark.parametrize(
    ("old", "options", "value", "new", "new_options", "expected"),
    [
        ("TEXT", {}, "12", "INTEGER", {}, 12),
        ("TEXT", {}, "1,234.50", "MONEY", {}, "1234.50"),
        ("TEXT", {}, "2026/1/5", "DATE", {}, "2026-01-05"),
        ("TEXT", {}, "是", "BOOLEAN", {}, True),
        ("TEXT", {}, "乙", "CHOICE", LIST, "b"),
        ("TEXT", {}, "甲、乙", "CHOICES", LIST, ["a", "b"]),
        ("INTEGER", {}, 12, "TEXT", {}, "12"),
        ("INTEGER", {}, 12, "DECIMAL", {}, "12"),
        ("DECIMAL", {}, "12.5", "MONEY", {}, "12.50"),
        ("CHOICE", LIST, "b", "TEXT", {}, "乙"),
        ("CHOICE", LIST, "b", "CHOICES", LIST, ["b"]),
        ("CHOICES", LIST, ["a", "b"], "TEXT", {}, "甲、乙"),
        ("BOOLEAN", {}, True, "TEXT", {}, "是"),
        ("DATE", {}, "2026-01-05", "TEXT", {}, "2026-01-05"),
        ("TEXT", {}, "short", "LONG_TEXT", {}, "short"),
    ],
)
def test_a_kind_changes_with_every_value(
    owner, make_field, old, options, value, new, new_options, expected
):
    field = make_field(old, code="f", options=options)
    customer = make_customer()
    save_values(customer, {"f": value}, actor=owner)

    assert change_kind(field_id=field.pk, kind=new, options=new_options, actor=owner) is None

    customer.refresh_from_db()
    assert customer.custom == {"f": expected}
    field.refresh_from_db()
    assert field.kind == new


def test_a_kind_in_which_a_value_makes_no_sense_is_refused_with_the_rows(owner, make_field):
    field = make_field("TEXT", code="f", is_indexed=True)
    good, bad = make_customer(), make_customer()
    save_values(good, {"f": "12"}, actor=owner)
    save_values(bad, {"f": "twelve"}, actor=owner)

    with pytest.raises(ValuesDoNotConvert) as refusal:
        change_kind(field_id=field.pk, kind="INTEGER", actor=owner)

    assert refusal.value.count == 1
    assert [(row.row_id, row.value) for row in refusal.value.rows] == [(bad.pk, "twelve")]
    field.refresh_from_db()
    good.refresh_from_db()
    assert field.kind == "TEXT"
    assert good.custom == {"f": "12"}
    assert sorted(CustomKey.objects.values_list("text_key", flat=True)) == ["12", "twelve"]


def test_of_many_that_block_fifty_are_shown(owner, make_field):
    field = make_field("TEXT", code="f")
    for _number in range(53):
        save_values(make_customer(), {"f": "x"}, actor=owner)

    with pytest.raises(ValuesDoNotConvert) as refusal:
        change_kind(field_id=field.pk, kind="DATE", actor=owner)

    assert (refusal.value.count, len(refusal.value.rows)) == (53, 50)


def test_a_change_of_kind_renews_the_keys(owner, make_field):
    field = make_field("TEXT", code="f", is_indexed=True)
    customer = make_customer()
    save_values(customer, {"f": "1,200"}, actor=owner)

    change_kind(field_id=field.pk, kind="INTEGER", actor=owner)

    key = CustomKey.objects.get()
    assert (key.row_id, key.text_key, key.number_key) == (customer.pk, "1200", 1200)


def test_values_that_become_the_same_keep_a_unique_field_as_it_is(owner, make_field):
    field = make_field("TEXT", code="f", is_unique=True)
    for value in ("12", "12.0"):
        save_values(make_customer(), {"f": value}, actor=owner)

    with pytest.raises(ValuesClash):
        change_kind(field_id=field.pk, kind="INTEGER", actor=owner)

    field.refresh_from_db()
    assert (field.kind, field.is_unique) == ("TEXT", True)


def test_what_a_system_does_is_hidden_from_nobody(make_field, owner):
    make_field("TEXT", code="f", visible_to_roles=["group_owner"])
    system = Actor(user_id=None, staff_id=None, name="s", is_system=True)

    assert visible("customer", system)
    assert not visible("customer", replace(owner, role_codes=frozenset({"sales_advisor"})))
