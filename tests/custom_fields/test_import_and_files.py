"""Values from tables and back, and files."""

import io
import json
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse

from apps.crm.models import Customer
from forecourt.kernel import jobs
from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.custom_fields.actions import change_values, retire_field
from forecourt.kernel.custom_fields.sweep import remove_unheld
from forecourt.kernel.custom_fields.values import ValuesRefused
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import actions, importer
from forecourt.kernel.models import ImportIssue, Job
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff

LIST = {
    "choices": [
        {"value": "first", "label_zh": "首购", "label_en": "First car"},
        {"value": "more", "label_zh": "增购", "label_en": "A further car"},
    ]
}


def brought(text: str, actor, **options):
    """The table mapped as it was guessed, checked and run."""
    run = actions.upload_file(
        kind="crm.customer", name="t.csv", content=io.BytesIO(text.encode()), actor=actor
    )
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    actions.start_check(run_id=run.pk, actor=actor)
    jobs.run_job(schema_name=current_schema(), job_id=Job.objects.latest("pk").pk)
    actions.start_run(run_id=run.pk, actor=actor, **options)
    jobs.run_job(schema_name=current_schema(), job_id=Job.objects.latest("pk").pk)
    run.refresh_from_db()
    return run


def test_a_table_brings_values_and_its_columns_are_guessed(owner, make_field):
    make_field("INTEGER", code="years", label_zh="驾驶年限", options={"max": "70"})
    make_field("CHOICE", code="car", label_zh="家庭用车", options=LIST)
    make_field("CHOICES", code="cars", label_zh="车型偏好", options=LIST)
    make_field("MONEY", code="budget", label_zh="购车预算")
    make_field("DATE", code="day", label_zh="纪念日")
    text = (
        "姓名,手机,驾驶年限,家庭用车,车型偏好,购车预算,纪念日\n"
        '张伟,13811112222,12,首购,首购、增购,"180,000",2026/1/5\n'
        "李娜,13811113333,99,增购,,,\n"
        "王芳,13811114444,,别的,,,\n"
    )

    run = brought(text, owner)

    assert (run.created_count, run.rejected_count) == (1, 2)
    customer = Customer.objects.get(name="张伟")
    assert customer.custom == {
        "years": 12,
        "car": "first",
        "cars": ["first", "more"],
        "budget": "180000.00",
        "day": "2026-01-05",
    }
    wrong = dict(ImportIssue.objects.filter(run=run).values_list("row_number", "column"))
    assert sorted(wrong.values()) == ["家庭用车", "驾驶年限"]


def test_what_is_exported_can_be_imported_again(group, client_of, owner_person, owner, make_field):
    make_field("INTEGER", code="years", label_zh="驾驶年限", label_en="Years of driving")
    make_field("CHOICE", code="car", label_zh="家庭用车", label_en="Car", options=LIST)
    customer = make_customer(name="张伟", phone="+8613811112222")
    save_values(customer, {"years": 12, "car": "more"}, actor=owner)
    page = client_of(group, owner_person.user)
    url = reverse("crm:customer_list")
    columns = "column=name_shown&column=primary_phone&column=custom_years&column=custom_car"
    answer = page.get(f"{url}?{columns}&export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    customer.refresh_from_db()
    Customer.objects.filter(pk=customer.pk).update(custom={})

    brought(text, owner)

    customer.refresh_from_db()
    assert customer.custom == {"years": 12, "car": "more"}


def test_an_import_overwrites_nothing_that_is_known(owner, make_field):
    make_field("INTEGER", code="years", label_zh="驾驶年限")
    make_field("TEXT", code="hobby", label_zh="爱好")
    customer = make_customer(name="张伟", phone="+8613811112222")
    save_values(customer, {"years": 3}, actor=owner)

    brought("姓名,手机,驾驶年限,爱好\n张伟,13811112222,12,滑雪\n", owner)

    customer.refresh_from_db()
    assert customer.custom == {"years": 3, "hobby": "滑雪"}


def test_fields_that_a_role_may_not_write_are_not_offered_to_its_imports(owner, make_field):
    make_field("TEXT", code="rating", visible_to_roles=["group_owner"])
    desk = actor_of(make_staff("lead_desk"))

    def names(actor):
        return [field.name for field in importer("crm.customer", actor).fields]

    assert "custom.rating" in names(owner)
    assert "custom.rating" not in names(desk)


# -- files ------------------------------------------------------------------------------------

PDF = b"%PDF-1.7 a small file"


@pytest.fixture
def page(group, client_of, owner_person, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return client_of(group, owner_person.user)


def send(page, customer, **files):
    return page.post(
        reverse("custom_fields:values", args=["customer", customer.pk]),
        files,
        headers={"HX-Request": "true"},
    )


def test_a_file_is_kept_and_only_ever_downloaded(page, make_field):
    make_field("FILE", code="contract", label_zh="合同")
    customer = make_customer()

    file = SimpleUploadedFile("合同.pdf", PDF, content_type="text/html")
    assert send(page, customer, custom_contract=file).status_code == 200

    customer.refresh_from_db()
    record = customer.custom["contract"]
    assert (record["name"], record["type"], record["size"]) == ("合同.pdf", "application/pdf", 21)
    answer = page.get(reverse("custom_fields:file", args=["customer", customer.pk, "contract"]))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    shown = page.get(f"/api/v1/customers/{customer.pk}").json()["custom"]["contract"]
    assert shown == {"name": "合同.pdf", "size": 21, "type": "application/pdf"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", b"<script>alert(1)</script>"),
        ("picture.svg", b"<svg onload='alert(1)'/>"),
        ("contract.pdf", b"<html>"),
        ("picture.png", b"%PDF-1.7"),
        ("table.csv", b"a\x00b"),
        ("empty.pdf", b""),
        ("run.exe", b"MZ"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(page, make_field, name, content):
    make_field("FILE", code="contract")
    customer = make_customer()

    answer = send(page, customer, custom_contract=SimpleUploadedFile(name, content))

    assert answer.status_code == 422
    customer.refresh_from_db()
    assert customer.custom == {}


def test_a_file_above_the_fields_limit_is_refused(owner, make_field):
    make_field("FILE", code="contract", options={"max_megabytes": 1})
    large = SimpleUploadedFile("a.pdf", PDF + b"x" * 2**20)

    with pytest.raises(ValuesRefused):
        save_values(make_customer(), {"contract": large}, actor=owner)


def test_a_file_is_not_handed_to_those_who_see_the_record_but_not_the_field(
    page, group, client_of, owner_person, make_field
):
    make_field("FILE", code="contract", visible_to_roles=["group_owner"])
    advisor = make_staff("sales_advisor", owner_person.home_store)
    customer = make_customer(owner=advisor)
    send(page, customer, custom_contract=SimpleUploadedFile("a.pdf", PDF))
    url = reverse("custom_fields:file", args=["customer", customer.pk, "contract"])

    assert page.get(url).status_code == 200
    assert client_of(group, advisor.user).get(url).status_code == 404


def test_nobody_writes_where_a_file_is_kept(page, make_field):
    make_field("FILE", code="contract")
    customer = make_customer()
    forged = {"key": "imports/theirs.csv", "name": "a.csv", "size": 1, "type": "text/csv"}

    answer = page.patch(
        f"/api/v1/customers/{customer.pk}",
        json.dumps({"custom": {"contract": forged}}),
        content_type="application/json",
        headers={"If-Match": "*"},
    )

    assert answer.status_code == 422
    customer.refresh_from_db()
    assert customer.custom == {}


def test_files_that_no_record_holds_are_swept_away(owner, make_field, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    contract = make_field("FILE", code="contract")
    customer = make_customer()

    def put(name: str) -> None:
        file = SimpleUploadedFile(name, PDF)
        change_values(host="customer", row_id=customer.pk, values={"contract": file}, actor=owner)

    put("old.pdf")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        put("lost.pdf")
        raise ZeroDivisionError
    put("new.pdf")
    retire_field(field_id=contract.pk, actor=owner)
    customer.refresh_from_db()
    held = customer.custom["contract"]["key"]
    storage = storages["default"]
    assert len(list(storage.stored_in("custom"))) == 3

    assert remove_unheld(before=now() - timedelta(hours=1)) == []
    assert len(remove_unheld(before=now() + timedelta(hours=1))) == 2

    assert [name for name, _at in storage.stored_in("custom")] == [held]
