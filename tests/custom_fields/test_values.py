"""What each kind takes, keeps and refuses."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.custom_fields.values import ValuesRefused
from forecourt.kernel.models import CustomKey
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store

CHOICES = {
    "choices": [
        {"value": "a", "label_zh": "甲", "label_en": "A"},
        {"value": "b", "label_zh": "乙", "label_en": "B"},
        {"value": "old", "label_zh": "旧", "label_en": "Old", "is_active": False},
    ]
}


@pytest.mark.parametrize(
    ("kind", "options", "given", "kept"),
    [
        ("TEXT", {}, "  two   words ", "two words"),
        ("LONG_TEXT", {}, "one\ntwo", "one\ntwo"),
        ("INTEGER", {}, "1,234", 1234),
        ("INTEGER", {}, -5, -5),
        ("DECIMAL", {"places": 3}, "1.500", "1.5"),
        ("DECIMAL", {}, Decimal("0.00"), "0"),
        ("MONEY", {}, "1234.5", "1234.50"),
        ("MONEY", {}, {"amount": "20", "currency": "CNY"}, "20.00"),
        ("DATE", {}, date(2026, 1, 5), "2026-01-05"),
        ("DATE", {}, "2026-01-05", "2026-01-05"),
        ("MOMENT", {}, datetime(2026, 1, 5, 8, tzinfo=UTC), "2026-01-05T08:00:00+00:00"),
        ("MOMENT", {}, "2026-01-05T16:00:00+08:00", "2026-01-05T08:00:00+00:00"),
        ("BOOLEAN", {}, True, True),
        ("BOOLEAN", {}, "否", False),
        ("CHOICE", CHOICES, "b", "b"),
        ("CHOICES", CHOICES, ["b", "a"], ["a", "b"]),
        ("TEXT", {}, "", None),
        ("CHOICES", CHOICES, [], None),
    ],
)
def test_a_value_is_kept_in_one_form(owner, make_field, kind, options, given, kept):
    make_field(kind, code="f", options=options)
    customer = make_customer()

    save_values(customer, {"f": given}, actor=owner)

    customer.refresh_from_db()
    assert customer.custom.get("f") == kept


@pytest.mark.parametrize(
    ("kind", "options", "given"),
    [
        ("TEXT", {"max_length": 3}, "four"),
        ("TEXT", {"pattern": r"[A-Z]{2}\d{4}"}, "AB12"),
        ("TEXT", {}, 5),
        ("TEXT", {}, "x" * 201),
        ("INTEGER", {}, "1.5"),
        ("INTEGER", {"min": "1"}, 0),
        ("INTEGER", {"max": "9"}, 10),
        ("INTEGER", {}, True),
        ("INTEGER", {}, "10" * 20),
        ("INTEGER", {}, "NaN"),
        ("DECIMAL", {"places": 1}, "1.55"),
        ("MONEY", {}, "1.999"),
        ("DATE", {}, "2026-02-30"),
        ("DATE", {"min": "2026-01-01"}, "2025-12-31"),
        ("MOMENT", {}, "yesterday"),
        ("BOOLEAN", {}, "perhaps"),
        ("CHOICE", CHOICES, "c"),
        ("CHOICE", CHOICES, "old"),
        ("CHOICES", CHOICES, ["a", "c"]),
        ("STAFF", {}, "999999999"),
        ("STAFF", {}, "x"),
        ("FILE", {}, {"key": "imports/theirs.csv", "name": "a", "size": 1, "type": "text/csv"}),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_changes(
    owner, make_field, kind, options, given
):
    make_field(kind, code="f", options=options)
    customer = make_customer()

    with pytest.raises(ValuesRefused) as refusal:
        save_values(customer, {"f": given}, actor=owner)

    assert refusal.value.field == "custom.f"
    assert refusal.value.message
    customer.refresh_from_db()
    assert customer.custom == {}
    assert not CustomKey.objects.exists()


def test_a_member_of_staff_is_kept_by_id(owner, make_field):
    make_field("STAFF", code="adviser")
    person, customer = make_staff("sales_advisor", make_store()), make_customer()

    save_values(customer, {"adviser": str(person.pk)}, actor=owner)

    assert customer.custom == {"adviser": person.pk}


def test_all_mistakes_are_told_at_once(owner, make_field):
    make_field("INTEGER", code="one")
    make_field("DATE", code="two")

    with pytest.raises(ValuesRefused) as refusal:
        save_values(make_customer(), {"one": "x", "two": "y", "three": "z"}, actor=owner)

    assert set(refusal.value.errors) == {"custom.one", "custom.two", "custom.three"}


def test_a_new_row_gets_defaults_and_is_asked_for_what_is_required(owner, make_field):
    make_field("TEXT", code="hobby", default="骑行")
    make_field("TEXT", code="plate", is_required=True)
    customer = make_customer()

    with pytest.raises(ValuesRefused) as refusal:
        save_values(customer, {}, actor=owner, is_new=True)
    assert set(refusal.value.errors) == {"custom.plate"}

    save_values(customer, {"plate": "沪A12345"}, actor=owner, is_new=True)
    assert customer.custom == {"hobby": "骑行", "plate": "沪A12345"}


def test_whoever_knows_nothing_of_custom_fields_is_asked_for_nothing(owner, make_field):
    make_field("TEXT", code="plate", is_required=True)
    make_field("TEXT", code="hobby", default="骑行")
    customer = make_customer()

    save_values(customer, None, actor=owner, is_new=True)

    assert customer.custom == {"hobby": "骑行"}


def test_what_is_required_cannot_be_emptied(owner, make_field):
    make_field("TEXT", code="plate", is_required=True)
    customer = make_customer()
    save_values(customer, {"plate": "x"}, actor=owner)

    with pytest.raises(ValuesRefused):
        save_values(customer, {"plate": ""}, actor=owner)

    customer.refresh_from_db()
    assert customer.custom == {"plate": "x"}


def test_fields_that_are_not_named_keep_their_values(owner, make_field):
    make_field("TEXT", code="one")
    make_field("TEXT", code="two")
    customer = make_customer()
    save_values(customer, {"one": "1", "two": "2"}, actor=owner)

    changes = save_values(customer, {"two": None}, actor=owner)

    assert customer.custom == {"one": "1"}
    assert changes == {"custom.two": ["2", None]}
