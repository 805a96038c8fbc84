import csv
import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.crm.models import Customer
from forecourt.kernel import jobs
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import ImportRun, Job
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store

TEXT = (
    "姓名,手机,生日\n张伟,13800000001,1990-01-02\n李娜,13800000002,1991/3/4\n王五,123,1992-01-01\n"
)


@pytest.fixture
def store(group):
    return make_store(code="SH01", name_zh="上海一店")


@pytest.fixture
def calls(group, caller, store):
    return caller(group, make_staff("store_manager", store))


def upload(calls, text: str = TEXT, kind: str = "crm.customer", **headers: str):
    file = SimpleUploadedFile("customers.csv", text.encode())
    return calls._at_home(
        calls.client.post,
        "/api/v1/imports",
        {"kind": kind, "file": file},
        headers=calls._all(headers),
    )


def work(answer) -> None:
    job_id = int(answer.json()["progress"]["job_id"])
    jobs.run_job(schema_name=current_schema(), job_id=job_id)
    assert Job.objects.get(pk=job_id).state == Job.State.DONE


def test_a_file_goes_all_the_way_over_the_api(calls):
    made = upload(calls)
    assert made.status_code == 201, made.content
    run = made.json()
    assert run["columns"] == ["姓名", "手机", "生日"]
    assert run["mapping"]["phone"]["column"] == 1
    address = f"imports/{run['id']}"

    mapped = calls.post(f"{address}/mapping", {"mapping": run["mapping"]})
    checked = calls.post(f"{address}/check")
    work(checked)
    findings = calls.get(f"{address}/findings").json()["data"]
    started = calls.post(f"{address}/run", {"mode": "good_rows"})
    work(started)
    ended = calls.get(address).json()

    assert [mapped.status_code, checked.status_code, started.status_code] == [200, 202, 202]
    assert [(row["row_number"], row["column"]) for row in findings] == [(4, "手机")]
    assert (ended["state"], ended["created_count"], ended["rejected_count"]) == ("DONE", 2, 1)
    assert ended["progress"]["percent"] == 100
    assert Customer.objects.count() == 2
    rejected = b"".join(calls.get(f"{address}/rejected.csv")).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(rejected)))[1][:3] == ["王五", "123", "1992-01-01"]
    assert b"".join(calls.get(f"{address}/rejected.xlsx"))[:2] == b"PK"


def test_a_file_sent_twice_with_one_key_is_taken_once(calls):
    first = upload(calls, Idempotency_Key="k1")
    again = upload(calls, Idempotency_Key="k1")
    other = upload(calls, TEXT + "赵六,13800000003,\n", Idempotency_Key="k1")

    assert again.json()["id"] == first.json()["id"]
    assert other.status_code == 422
    assert ImportRun.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [("no.such", TEXT, 404), ("crm.customer", "only a header\n", 422), ("crm.customer", "", 422)],
)
def test_what_cannot_be_taken_in_is_refused(calls, kind, text, status):
    answer = upload(calls, text, kind)

    assert answer.status_code == status, answer.content
    assert not ImportRun.objects.exists()


def test_a_file_that_is_too_large_is_refused_unread(calls):
    answer = calls._at_home(
        calls.client.post,
        "/api/v1/imports",
        {"kind": "crm.customer"},
        headers=calls._all({"Content_Length": str(200 * 1024 * 1024)}),
    )

    assert answer.status_code == 413


def test_json_is_no_upload(calls):
    assert calls.post("imports", {"kind": "crm.customer"}).status_code == 415


def test_unknown_parts_of_an_upload_are_named(calls):
    answer = calls._at_home(
        calls.client.post,
        "/api/v1/imports",
        {"kind": "crm.customer", "file": SimpleUploadedFile("x.csv", b"a\n1\n"), "shop": "1"},
        headers=calls._all({}),
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "shop"


def test_an_import_is_stopped_over_the_api(calls):
    run_id = upload(calls).json()["id"]

    answer = calls.post(f"imports/{run_id}/cancel")

    assert answer.json()["state"] == "CANCELLED"
    assert calls.post(f"imports/{run_id}/cancel").status_code == 409


def test_another_stores_import_does_not_exist(group, caller, calls):
    run_id = upload(calls).json()["id"]
    stranger = caller(group, make_staff("store_manager", make_store()))

    for way in ("", "/findings", "/rejected.csv"):
        assert stranger.get(f"imports/{run_id}{way}").status_code == 404, way
    assert stranger.get("imports").json()["data"] == []


def test_the_kinds_say_what_can_be_mapped(calls):
    kinds = {row["kind"]: row for row in calls.get("import-kinds").json()["data"]}

    assert {"crm.customer", "crm.lead"} <= set(kinds)
    fields = {field["name"]: field for field in kinds["crm.lead"]["mappable_fields"]}
    assert fields["phone"] == {
        "name": "phone",
        "label": "Phone",
        "kind": "PHONE",
        "required": True,
    }


def fetched(calls: Any, export_id: str) -> Any:
    """The file as a program gets it: by the address in the store that it is led to."""
    led = calls.get(f"exports/{export_id}/file")
    assert led.status_code == 302, led.content
    return calls.client.get(led["Location"])


def test_an_export_is_asked_for_watched_and_fetched(group, caller, calls, store):
    mine = make_lead(owner=make_staff("sales_advisor", store), name="=cmd")
    make_lead(owner=make_staff("sales_advisor", make_store()), name="别店")

    body = {"list": "crm.leads", "kind": "csv", "columns": ["customer", "number", "store"]}
    started = calls.post("exports", body)
    assert started.status_code == 202, started.content
    export_id = started.json()["id"]
    assert calls.get(f"exports/{export_id}/file").status_code == 409
    jobs.run_job(schema_name=current_schema(), job_id=int(export_id))
    state = calls.get(f"exports/{export_id}").json()
    file = fetched(calls, export_id)

    assert (state["state"], state["done_count"]) == ("DONE", 1)
    assert state["expires_at"] is not None
    rows = list(csv.reader(io.StringIO(b"".join(file).decode("utf-8-sig"))))
    assert rows[1][:2] == ["'=cmd", mine.number]
    assert len(rows) == 2
    assert state["file_name"] in file["Content-Disposition"]

    led = calls.get(f"exports/{export_id}/file")["Location"]
    with time_machine.travel(now() + timedelta(seconds=61)):
        assert calls.client.get(led).status_code in (403, 404, 410)


def test_filters_and_sorting_are_those_of_the_list(calls, store):
    advisor = make_staff("sales_advisor", store)
    make_lead(owner=advisor, source="WEB")
    wanted = make_lead(owner=advisor, source="PHONE")

    body = {"list": "crm.leads", "columns": ["number"], "filters": {"source": ["PHONE"]}}
    export_id = calls.post("exports", body).json()["id"]
    jobs.run_job(schema_name=current_schema(), job_id=int(export_id))

    text = b"".join(fetched(calls, export_id)).decode("utf-8-sig")
    assert wanted.number in text
    assert len(text.splitlines()) == 2


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"list": "no.such"}, 404, "list"),
        ({"list": "crm.leads", "columns": ["secret"]}, 422, "columns"),
        ({"list": "crm.leads", "filters": {"colour": ["red"]}}, 422, "filters.colour"),
        ({"list": "crm.leads", "kind": "pdf"}, 422, "kind"),
        ({"list": "imports.findings"}, 422, "list"),
        ({"list": "organisation.audit"}, 403, None),
    ],
)
def test_what_the_list_does_not_know_is_refused(calls, body, status, field):
    answer = calls.post("exports", body)

    assert answer.status_code == status, answer.content
    problem = answer.json()
    fields = [problem.get("field"), *(each["field"] for each in problem.get("errors", []))]
    assert field in fields
    assert not Job.objects.exists()


def test_the_lists_that_can_be_exported_are_named(group, caller, calls):
    rows = {row["name"]: row for row in calls.get("export-lists").json()["data"]}
    advisor = caller(group, make_staff("sales_advisor", make_store()))

    assert {"name": "number", "label": "Lead no."} in rows["crm.leads"]["columns"]
    assert "source" in rows["crm.leads"]["filters"]
    assert "crm.leads" not in {row["name"] for row in advisor.get("export-lists").json()["data"]}


def test_exports_and_imports_are_jobs_too(calls, store):
    export_id = calls.post("exports", {"list": "crm.leads"}).json()["id"]

    assert calls.get(f"jobs/{export_id}").json()["kind"] == "lists.export"
    assert calls.post(f"exports/{export_id}/cancel").json()["state"] == "CANCELLED"


def test_another_persons_export_does_not_exist(group, caller, calls, store):
    export_id = calls.post("exports", {"list": "crm.leads"}).json()["id"]
    colleague = caller(group, make_staff("store_manager", store))

    for way in ("", "/file"):
        assert colleague.get(f"exports/{export_id}{way}").status_code == 404
    assert colleague.post(f"exports/{export_id}/cancel").status_code == 404
