"""Filters, sorting and uniqueness: by the side table where a field is indexed, else by the rows."""

import pytest
from django.urls import reverse

from apps.crm.models import Customer
from forecourt.kernel import jobs
from forecourt.kernel.custom_fields import indexing, keys, registry, save_many, save_values
from forecourt.kernel.custom_fields.actions import change_field
from forecourt.kernel.custom_fields.checks import keys_fit_values
from forecourt.kernel.custom_fields.errors import ValuesClash
from forecourt.kernel.custom_fields.keys import ValueTaken
from forecourt.kernel.groups import current_schema
from forecourt.kernel.keyset import ordered, paginate
from forecourt.kernel.models import CustomField, CustomKey, Job
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff

LIST = {"choices": [{"value": "a", "label_zh": "甲"}, {"value": "b", "label_zh": "乙"}]}


def definition(code: str):
    return next(field for field in registry.definitions("customer") if field.code == code)


@pytest.fixture(params=[True, False], ids=["indexed", "not indexed"])
def indexed(request):
    return request.param


def test_rows_are_found_by_their_values(owner, make_field, indexed):
    make_field("TEXT", code="word", is_indexed=indexed)
    make_field("INTEGER", code="years", is_indexed=indexed)
    make_field("DATE", code="day", is_indexed=indexed)
    make_field("CHOICES", code="likes", options=LIST, is_indexed=indexed)
    make_field("BOOLEAN", code="sure", is_indexed=indexed)
    one, two, none = make_customer(), make_customer(), make_customer()
    save_values(
        one,
        {"word": "Skiing", "years": 9, "day": "2026-01-05", "likes": ["a"], "sure": True},
        actor=owner,
    )
    save_values(
        two,
        {"word": "swim", "years": 10, "day": "2026-02-05", "likes": ["a", "b"], "sure": False},
        actor=owner,
    )
    rows = Customer.objects.all()

    def found(narrowed):
        return {row.pk for row in narrowed}

    assert found(keys.beginning_with(rows, definition("word"), "SKI")) == {one.pk}
    assert found(keys.between_numbers(rows, definition("years"), 10, None)) == {two.pk}
    assert found(keys.between_numbers(rows, definition("years"), 2, 9)) == {one.pk}
    assert found(keys.between(rows, definition("day"), "2026-01-01", "2026-01-31")) == {one.pk}
    assert found(keys.equal_to(rows, definition("likes"), [["b"]])) == {two.pk}
    assert found(keys.equal_to(rows, definition("likes"), [["a"]])) == {one.pk, two.pk}
    assert found(keys.equal_to(rows, definition("sure"), [False])) == {two.pk}
    assert none.pk not in found(keys.equal_to(rows, definition("sure"), [True, False]))


def test_a_field_called_as_a_lookup_is_asked_like_any_other(owner, make_field, indexed):
    make_field("TEXT", code="contains", is_indexed=indexed)
    customer = make_customer()
    save_values(customer, {"contains": "x1"}, actor=owner)

    rows = keys.beginning_with(Customer.objects.all(), definition("contains"), "x")

    assert [row.pk for row in rows] == [customer.pk]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_are_sorted_by_a_field_with_blanks_last(owner, make_field, descending):
    make_field("INTEGER", code="years", is_indexed=True)
    customers = [make_customer() for _number in range(7)]
    for customer, years in zip(customers, [3, 1, 2, 2, None, 9, None], strict=True):
        save_values(customer, {"years": years}, actor=owner)
    rows, path = keys.sorted_by(Customer.objects.all(), definition("years"))
    ordering = [f"-{path}" if descending else path]

    seen, cursor = [], None
    while True:
        page = paginate(rows, ordering, cursor, 3)
        seen += [row.custom.get("years") for row in page.rows]
        cursor = page.next
        if cursor is None:
            break

    expected = [9, 3, 2, 2, 1] if descending else [1, 2, 2, 3, 9]
    assert seen == [*expected, None, None]
    assert [row.custom.get("years") for row in ordered(rows, ordering)] == seen


def test_a_row_that_goes_takes_its_keys_along(owner, make_field):
    make_field("TEXT", code="word", is_indexed=True)
    from tests.factories.crm import make_lead

    make_field("TEXT", code="word", host="lead", is_indexed=True)
    lead = make_lead()
    save_values(lead, {"word": "x"}, actor=owner)
    assert CustomKey.objects.count() == 1

    lead.delete()

    assert not CustomKey.objects.exists()


def test_a_unique_value_belongs_to_one_row(owner, make_field):
    make_field("TEXT", code="plate", is_unique=True)
    first, second = make_customer(), make_customer()
    save_values(first, {"plate": "沪A12345"}, actor=owner)

    with pytest.raises(ValueTaken) as refusal:
        save_values(second, {"plate": "沪a12345"}, actor=owner)

    assert refusal.value.field == "custom.plate"
    save_values(first, {"plate": "沪A12345"}, actor=owner)
    save_values(first, {"plate": None}, actor=owner)
    second.refresh_from_db()
    assert second.custom == {}
    save_values(second, {"plate": "沪A12345"}, actor=owner)


def test_marking_a_field_as_indexed_fills_in_what_is_there(owner, make_field):
    field = make_field("INTEGER", code="years")
    customer = make_customer()
    save_values(customer, {"years": 5}, actor=owner)
    assert not CustomKey.objects.exists()

    change_field(field_id=field.pk, is_indexed=True, actor=owner)

    assert definition("years").is_ready
    assert CustomKey.objects.get().row_id == customer.pk
    change_field(field_id=field.pk, is_indexed=False, actor=owner)
    assert not CustomKey.objects.exists()


def test_marking_a_field_as_unique_is_refused_with_the_rows_that_clash(owner, make_field):
    field = make_field("TEXT", code="plate")
    customers = [make_customer() for _number in range(3)]
    for customer, plate in zip(customers, ["A1", "a1", "B2"], strict=True):
        save_values(customer, {"plate": plate}, actor=owner)

    with pytest.raises(ValuesClash) as refusal:
        change_field(field_id=field.pk, is_unique=True, actor=owner)

    assert refusal.value.count == 1
    assert {row.row_id for row in refusal.value.rows} == {customers[0].pk, customers[1].pk}
    field.refresh_from_db()
    assert (field.is_unique, field.index_state) == (False, "")
    assert not CustomKey.objects.exists()


def test_a_large_table_is_indexed_in_the_background(owner, make_field, monkeypatch):
    field = make_field("TEXT", code="plate")
    customers = [make_customer() for _number in range(5)]
    for number, customer in enumerate(customers):
        save_values(customer, {"plate": f"P{number}"}, actor=owner)
    monkeypatch.setattr(indexing, "AT_ONCE", 3)
    monkeypatch.setattr(indexing, "_CHUNK", 2)

    change_field(field_id=field.pk, is_unique=True, actor=owner)

    assert CustomField.objects.get().index_state == "BUILDING"
    late = make_customer()
    save_values(late, {"plate": "late"}, actor=owner)
    job = Job.objects.get(kind=indexing.JOB)
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)
    job.refresh_from_db()
    field.refresh_from_db()
    assert (job.state, job.error) == ("DONE", "")
    assert (field.index_state, field.is_unique) == ("READY", True)
    assert CustomKey.objects.filter(is_unique=True).count() == 6
    assert list(keys_fit_values()) == []


def test_a_large_table_whose_values_clash_stays_indexed_and_says_which(
    owner, make_field, monkeypatch
):
    field = make_field("TEXT", code="plate")
    for _number in range(4):
        save_values(make_customer(), {"plate": "same"}, actor=owner)
    monkeypatch.setattr(indexing, "AT_ONCE", 1)
    change_field(field_id=field.pk, is_unique=True, actor=owner)

    job = Job.objects.get(kind=indexing.JOB)
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)

    job.refresh_from_db()
    field.refresh_from_db()
    assert job.state == "FAILED"
    assert len(job.result["blocking"]) == 4
    assert (field.index_state, field.is_unique) == ("READY", False)


def test_the_check_finds_a_key_that_is_not_that_of_its_value(owner, make_field):
    make_field("TEXT", code="plate", is_indexed=True)
    first, second = make_customer(), make_customer()
    save_many([(first, {"plate": "A1"}), (second, {"plate": "B2"})], actor=owner)
    assert list(keys_fit_values()) == []

    CustomKey.objects.filter(row_id=first.pk).update(text_key="other")
    assert len(list(keys_fit_values())) == 1
    CustomKey.objects.filter(row_id=second.pk).delete()
    assert len(list(keys_fit_values())) >= 2


def test_the_list_is_sorted_by_an_indexed_field(group, client_of, owner_person, owner, make_field):
    make_field("INTEGER", code="years", is_indexed=True)
    one, two = make_customer(name="甲一"), make_customer(name="乙二")
    save_values(one, {"years": 10}, actor=owner)
    save_values(two, {"years": 9}, actor=owner)
    page = client_of(group, owner_person.user)

    text = page.get(f"{reverse('crm:customer_list')}?sort=custom_years").content.decode()

    assert text.index("乙二") < text.index("甲一")
    backwards = page.get(f"{reverse('crm:customer_list')}?sort=-custom_years").content.decode()
    assert backwards.index("甲一") < backwards.index("乙二")


def test_lists_of_the_api_are_ordered_by_an_indexed_field(
    group, client_of, owner_person, owner, make_field
):
    make_field("INTEGER", code="years", is_indexed=True)
    make_field("INTEGER", code="loose")
    clerk = make_staff("store_manager", owner_person.home_store)
    make_field("INTEGER", code="grade", is_indexed=True, visible_to_roles=["group_owner"])
    for years in (3, None, 1, 2):
        save_values(
            make_customer(owner=clerk), {"years": years, "loose": 1, "grade": 1}, actor=owner
        )
    browser, manager = (client_of(group, person.user) for person in (owner_person, clerk))

    def years_by(ordering: str) -> list[int | None]:
        seen, address = [], f"/api/v1/customers?ordering={ordering}&limit=2"
        while address:
            answer = browser.get(address).json()
            seen += [row["custom"].get("years") for row in answer["data"]]
            address = answer["links"]["next"]
        return seen

    assert years_by("custom.years") == [1, 2, 3, None]
    assert years_by("-custom.years,name") == [3, 2, 1, None]
    for who, name in ((browser, "loose"), (browser, "nothing"), (manager, "grade")):
        refused = who.get(f"/api/v1/customers?ordering=custom.{name}")
        assert (refused.status_code, refused.json()["field"]) == (422, "ordering")
    assert manager.get("/api/v1/customers?ordering=custom.years").status_code == 200
