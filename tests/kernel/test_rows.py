"""A single row goes by a kept statement: it must be what Django's own way writes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.test.utils import CaptureQueriesContext

from apps.crm.models import Customer, CustomerPhone
from apps.organisation.models import Region, Store
from forecourt.kernel.db.rows import (
    FEW,
    VERY_MANY,
    append,
    draw_keys,
    insert,
    insert_many,
    together,
)
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry, MeasureDelta
from tests.factories.organisation import make_store

MOMENT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def _entry(label: str) -> AuditEntry:
    return AuditEntry(
        happened_at=MOMENT,
        actor_name="王",
        address="10.1.2.3",
        channel="web",
        action="created",
        subject_kind="x.y",
        subject_id="1",
        subject_label=label,
        changes={"名": [None, "a"]},
    )


def test_one_row_is_written_as_many_are(group: GroupIdentity) -> None:
    single, several = _entry("one"), [_entry("one"), _entry("one")]

    insert([single])
    insert(several)

    rows = list(
        AuditEntry.objects.filter(subject_label="one").values_list(
            *[field.name for field in AuditEntry._meta.concrete_fields if not field.primary_key]
        )
    )
    assert len(rows) == 3
    assert rows[0] == rows[1] == rows[2]
    assert rows[0][0] == MOMENT
    assert single.pk
    assert not single._state.adding


def test_arrays_decimals_dates_and_moments_arrive(group: GroupIdentity) -> None:
    customer = Customer(
        name="张伟",
        source="WEB",
        created_at=MOMENT,
        grams=["张伟", "zw"],
        consents={"sms": True},
    )
    delta = MeasureDelta(
        measure="m", store_id=1, date=date(2026, 2, 1), quantity=2, amount=Decimal("1.50")
    )

    insert([customer])
    insert([delta])

    customer.refresh_from_db()
    delta.refresh_from_db()
    assert customer.grams == ["张伟", "zw"]
    assert customer.consents == {"sms": True}
    assert (delta.date, delta.amount) == (date(2026, 2, 1), Decimal("1.50"))


def test_a_single_row_costs_one_statement(group: GroupIdentity) -> None:
    assert not AuditEntry.objects.filter(subject_label="counted").exists()

    with CaptureQueriesContext(connection) as captured:
        insert([_entry("counted")])

    assert len(captured) == 1


def test_a_broken_constraint_is_the_same_error(group: GroupIdentity) -> None:
    store = make_store()
    twin = Store(code=store.code, name_zh="二店", legal_entity_id=store.legal_entity_id)

    with pytest.raises(IntegrityError, match="store_code_uq"), transaction.atomic():
        insert([twin])

    assert twin.pk is None
    assert Store.objects.filter(code=store.code).count() == 1


def test_nothing_is_no_statement(group: GroupIdentity) -> None:
    none: list[Region] = []
    with CaptureQueriesContext(connection) as captured:
        insert(none)

    assert len(captured) == 0


def test_very_many_rows_are_written_as_django_writes_them(group: GroupIdentity) -> None:
    copied, usual = [_entry(f"label {number}\t\\N,'") for number in range(3)], [_entry("usual")]

    insert_many(copied)
    AuditEntry.objects.bulk_create(usual)

    rows = {row.pk: row for row in AuditEntry.objects.filter(subject_kind="x.y")}
    assert [rows[entry.pk].subject_label for entry in copied] == [
        f"label {number}\t\\N,'" for number in range(3)
    ]
    for field in ("happened_at", "actor_name", "address", "changes", "store_id"):
        assert getattr(rows[copied[0].pk], field) == getattr(rows[usual[0].pk], field)
    assert not copied[0]._state.adding


def test_copied_customers_keep_arrays_documents_and_blanks(group: GroupIdentity) -> None:
    customer = Customer(
        name="张伟",
        source="WEB",
        grams=['a"b', "c\\d", "e,{f}", "张伟", "NULL", ""],
        consents={"sms": True},
        created_at=MOMENT,
        birth_date=date(1990, 1, 2),
    )

    insert_many([customer])

    kept = Customer.objects.get(pk=customer.pk)
    assert kept.grams == ['a"b', "c\\d", "e,{f}", "张伟", "NULL", ""]
    assert (kept.name, kept.consents) == ("张伟", {"sms": True})
    assert (kept.birth_date, kept.owner_id, kept.note) == (date(1990, 1, 2), None, "")


def test_a_broken_constraint_among_many_is_a_django_error(group: GroupIdentity) -> None:
    good = Customer(name="a", source="WEB", created_at=MOMENT)
    bad = Customer(name="b", kind="ROBOT", source="WEB", created_at=MOMENT)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many([good, bad])

    assert not Customer.objects.exists()


def test_from_a_hundred_rows_on_they_are_copied_whoever_asks(group: GroupIdentity) -> None:
    entries = [_entry(f"copied {number}") for number in range(VERY_MANY)]

    with CaptureQueriesContext(connection) as captured:
        insert(entries)

    assert [query["sql"] for query in captured if query["sql"].startswith("INSERT")] == []
    assert AuditEntry.objects.filter(subject_label__startswith="copied").count() == VERY_MANY
    assert len({entry.pk for entry in entries}) == VERY_MANY


def test_values_that_the_database_works_out_are_left_to_it(group: GroupIdentity) -> None:
    regions = [Region(name_zh=f"大区{number}", sequence=Value(number) + 1) for number in range(2)]

    insert_many(regions)

    kept = Region.objects.filter(pk__in=[region.pk for region in regions]).order_by("pk")
    assert list(kept.values_list("sequence", flat=True)) == [1, 2]


# --- Together -----------------------------------------------------------------------------------


def _region(name: str) -> Region:
    return Region(name_zh=name, name_en=name)


def test_what_belongs_together_is_written_by_one_statement(group: GroupIdentity) -> None:
    customer = Customer(name="张伟", source="WEB", created_at=MOMENT)
    draw_keys([customer])

    with CaptureQueriesContext(connection) as captured, together():
        append([CustomerPhone(customer=customer, phone="+8613800000001", is_primary=True)])
        insert([customer])
        assert len(captured) == 0

    assert len(captured) == 1
    assert Customer.objects.get(phones__phone="+8613800000001") == customer
    assert not customer._state.adding


def test_more_values_than_are_kept_go_in_several_statements(group: GroupIdentity) -> None:
    assert not Region.objects.exists()

    with CaptureQueriesContext(connection) as captured, together():
        for number in range(10):
            append([_entry(f"long {number}")])

    assert len(captured) == 3
    assert AuditEntry.objects.filter(subject_label__startswith="long").count() == 10


@pytest.mark.parametrize("count", [FEW + 1, VERY_MANY])
def test_many_rows_come_after_what_was_to_be_written_before_them(
    group: GroupIdentity, count: int
) -> None:
    customer = Customer(name="李娜", source="WEB", created_at=MOMENT)
    draw_keys([customer])

    with together():
        insert([customer])
        append(
            [
                CustomerPhone(customer=customer, phone=f"+861380000{number:04}", is_primary=False)
                for number in range(count)
            ]
        )

    assert customer.phones.count() == count


def test_a_refusal_is_the_usual_one_and_leaves_nothing(group: GroupIdentity) -> None:
    with pytest.raises(IntegrityError, match="region"), transaction.atomic(), together():
        append([_region("华北"), _region("华东")])
        append([_entry("refused")])
        append([_region("华东")])

    assert not Region.objects.exists()
    assert not AuditEntry.objects.filter(subject_label="refused").exists()


def test_what_an_error_of_ours_ends_is_not_written_later(group: GroupIdentity) -> None:
    with pytest.raises(ZeroDivisionError), together():
        append([_region("华东")])
        raise ZeroDivisionError
    append([_region("华北")])

    assert [region.name_zh for region in Region.objects.all()] == ["华北"]


def test_what_is_there_already_can_be_left_out(group: GroupIdentity) -> None:
    append([_region("华东")])

    append([_region("华东"), _region("华北")], unless_there=True)

    assert Region.objects.count() == 2


def test_keys_are_drawn_for_several_tables_at_once(group: GroupIdentity) -> None:
    regions, entries = [_region("华东"), _region("华北")], [_entry("drawn")]
    assert not Region.objects.exists()

    with CaptureQueriesContext(connection) as captured:
        draw_keys(regions, [], entries)

    assert len(captured) == 1
    insert(regions)
    insert(entries)
    assert set(Region.objects.values_list("pk", flat=True)) == {row.pk for row in regions}
    append([_region("华南")])
    assert Region.objects.count() == 3, "the sequence has moved on"
