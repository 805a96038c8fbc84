"""The page of fields, and its API."""

import json

import pytest
from django.urls import reverse

from forecourt.kernel.configuration.actions import export_config, import_config
from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.models import CustomField
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store

HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(group, client_of, owner_person):
    return client_of(group, owner_person.user)


def text_of(answer) -> str:
    return answer.content.decode()


def test_a_field_is_added_changed_retired_and_brought_back(page):
    home = reverse("custom_fields:home")
    assert "fc-empty" in text_of(page.get(home))

    added = page.post(
        reverse("custom_fields:add"),
        {"host": "customer", "kind": "TEXT", "label_zh": "驾驶年限", "label_en": ""},
        headers=HTMX,
    )
    assert added.status_code == 200 and added["HX-Refresh"] == "true"
    field = CustomField.objects.get()
    assert field.code == "jia_shi_nian_xian"
    assert "驾驶年限" in text_of(page.get(home))

    page.post(
        reverse("custom_fields:edit", args=[field.pk]),
        {"label_zh": "驾龄", "is_required": "on"},
        headers=HTMX,
    )
    field.refresh_from_db()
    assert (field.label_zh, field.is_required) == ("驾龄", True)

    page.post(reverse("custom_fields:retire", args=[field.pk]), headers=HTMX)
    field.refresh_from_db()
    assert not field.is_active
    page.post(reverse("custom_fields:restore", args=[field.pk]), headers=HTMX)
    field.refresh_from_db()
    assert field.is_active
    page.post(reverse("custom_fields:delete", args=[field.pk]), headers=HTMX)
    assert not CustomField.objects.exists()


def test_a_list_of_choices_is_typed_in_rows(page):
    page.post(
        reverse("custom_fields:add"),
        {
            "host": "customer",
            "kind": "CHOICE",
            "label_zh": "用途",
            "code": "purpose",
            "choices_value": ["", "", ""],
            "choices_label_zh": ["上班", "家用", ""],
            "choices_label_en": ["Work", "Family", ""],
            "choices_state": ["active", "retired", "active"],
        },
        headers=HTMX,
    )

    choices = CustomField.objects.get().options["choices"]
    assert [(c["value"], c["label_zh"], c["is_active"]) for c in choices] == [
        ("c1", "上班", True),
        ("c2", "家用", False),
    ]


def test_a_mistake_stands_beside_its_input_and_nothing_typed_is_lost(page):
    answer = page.post(
        reverse("custom_fields:add"),
        {"host": "customer", "kind": "TEXT", "label_zh": "车牌", "pattern": "(a+)+"},
        headers=HTMX,
    )

    assert answer.status_code == 422
    assert 'value="(a+)+"' in text_of(answer) and "车牌" in text_of(answer)
    assert not CustomField.objects.exists()


def test_the_preview_shows_the_field_and_writes_nothing(page):
    answer = page.post(
        reverse("custom_fields:preview"),
        {
            "kind": "CHOICE",
            "label_zh": "用途",
            "choices_label_zh": ["上班"],
            "choices_value": [""],
            "choices_label_en": [""],
            "choices_state": ["active"],
        },
        headers=HTMX,
    )

    assert "用途" in text_of(answer) and "上班" in text_of(answer)
    assert not CustomField.objects.exists()


def test_rows_in_the_way_of_another_kind_are_shown_with_links(page, owner, make_field):
    field = make_field("TEXT", code="years")
    customer = make_customer()
    save_values(customer, {"years": "twelve"}, actor=owner)

    answer = page.post(
        reverse("custom_fields:kind", args=[field.pk]), {"kind": "INTEGER"}, headers=HTMX
    )

    assert answer.status_code == 422
    assert reverse("crm:customer_detail", args=[customer.pk]) in text_of(answer)
    assert "twelve" in text_of(answer)


def test_the_order_is_kept_as_it_was_dragged(page, make_field):
    one, two = make_field("TEXT", code="one"), make_field("TEXT", code="two")

    answer = page.post(
        reverse("custom_fields:order"), {"host": "customer", "field": [two.pk, one.pk]}
    )

    assert answer.status_code == 204
    codes = CustomField.objects.order_by("sequence").values_list("code", flat=True)
    assert list(codes) == ["two", "one"]


def test_the_page_is_not_for_those_who_may_not_manage_fields(group, client_of):
    manager = make_staff("store_manager", make_store())

    assert client_of(group, manager.user).get(reverse("custom_fields:home")).status_code == 403


def test_the_page_costs_the_same_for_many_fields(page, make_field, django_assert_max_num_queries):
    for number in range(30):
        make_field("TEXT", code=f"f{number}")
    page.get(reverse("custom_fields:home"))

    with django_assert_max_num_queries(10):
        page.get(reverse("custom_fields:home"))


def test_many_filters_stand_behind_one_button(page, make_field):
    for number in range(12):
        make_field("TEXT", code=f"f{number}")
    url = reverse("crm:customer_list")

    assert 'name="custom_f3"' not in text_of(page.get(url))
    assert "filter=custom_f3" in text_of(page.get(url))
    assert 'name="custom_f3"' in text_of(page.get(f"{url}?filter=custom_f3"))
    assert 'name="custom_f3"' in text_of(page.get(f"{url}?custom_f3=x"))


def test_fields_are_managed_over_the_api(page):
    def send(method, path, body):
        return getattr(page, method)(
            f"/api/v1/custom-fields{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"If-Match": "*"},
        )

    made = send(
        "post", "", {"host": "customer", "code": "hobby", "kind": "TEXT", "label_zh": "爱好"}
    )
    assert made.status_code == 201
    field_id = made.json()["id"]
    changed = send("patch", f"/{field_id}", {"label_en": "Hobby", "is_indexed": True})
    assert changed.json()["label_en"] == "Hobby" and changed.json()["index_state"] == "READY"
    listed = page.get("/api/v1/custom-fields?host=customer").json()["data"]
    assert [field["code"] for field in listed] == ["hobby"]
    assert send("post", f"/{field_id}/kind", {"kind": "DATE"}).json()["job_id"] is None
    assert send("post", f"/{field_id}/retire", {}).json()["is_active"] is False
    assert send("post", f"/{field_id}/restore", {}).json()["is_active"] is True
    refused = send("post", "", {"host": "customer", "code": "A", "kind": "TEXT", "label_zh": "x"})
    assert (refused.status_code, refused.json()["field"]) == (422, "code")


def test_fields_round_trip_through_the_configuration_file(owner, make_field):
    make_field("TEXT", code="plate", is_unique=True, visible_to_roles=["group_owner"])
    make_field(
        "CHOICE",
        code="purpose",
        options={"choices": [{"label_zh": "上班"}, {"label_zh": "家用"}]},
    )
    make_field("INTEGER", code="bays", host="store", options={"min": "1"}, default=3)
    text = export_config(actor=owner)
    CustomField.objects.all().delete()
    make_field("DATE", code="other")

    import_config(text, actor=owner)

    assert export_config(actor=owner) == text
    assert CustomField.objects.get(code="plate").is_unique
    assert not CustomField.objects.filter(code="other").exists()
