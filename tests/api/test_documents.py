"""Documents over the API: announced, sent to the store, completed, found, kept, removed."""

import pytest

from apps.documents.models import Document
from apps.documents.subjects import Place
from forecourt.kernel import files
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import AuditEntry, StoredFile
from tests.factories.crm import make_customer
from tests.factories.documents import kind_of, make_document, png
from tests.factories.organisation import make_staff, make_store


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def advisor(group):
    return make_staff("sales_advisor", make_store())


@pytest.fixture
def customer(advisor):
    return make_customer(owner=advisor)


def body_of(customer, content: bytes, **facts):
    return {
        "subject": "crm.customer",
        "subject_id": str(customer.pk),
        "kind_id": str(kind_of().pk),
        "name": "照片.png",
        "size": len(content),
        **facts,
    }


def send(api, request: dict, content: bytes) -> int:
    """What the browser or a program does with the request that it was given."""
    assert request["method"] == "PUT"
    answer = api.client.put(
        request["url"],
        content,
        content_type=request["headers"].get("Content-Type", "application/octet-stream"),
        headers=api.headers,
    )
    return answer.status_code


def test_a_document_goes_straight_to_the_store(caller, group, advisor, customer) -> None:
    api = caller(group, advisor)
    content = png()
    begun = api.post("documents", body_of(customer, content, title="合影"))
    assert begun.status_code == 201, begun.content
    told = begun.json()
    assert (told["version"], told["part_count"]) == (1, 0)
    number = told["document"]["id"]

    early = api.post(f"documents/{number}/complete")
    assert (early.status_code, early.json()["field"]) == (422, "file")
    assert send(api, told["request"], content) == 200
    completed = api.post(f"documents/{number}/complete")
    assert completed.status_code == 200, completed.content
    files.check_file(schema_name=current_schema(), file_id=StoredFile.objects.get().pk)

    document = api.get(f"documents/{number}").json()
    assert (document["state"], document["version"], document["title"]) == ("READY", 1, "合影")
    assert document["file"]["content_type"] == "image/png"
    assert document["records"] == [
        {"subject": "crm.customer", "subject_id": str(customer.pk), "label": str(customer)}
    ]
    link = api.post(f"documents/{number}/open").json()["url"]
    got = api.client.get(link, headers=api.headers)
    assert b"".join(got.streaming_content)[:8] == content[:8]


def test_a_repeated_announcement_is_one_document_and_tells_no_request(
    caller, group, advisor, customer
) -> None:
    api = caller(group, advisor)
    body = body_of(customer, png())
    first = api.post("documents", body, Idempotency_Key="k1")
    again = api.post("documents", body, Idempotency_Key="k1")

    assert first.json()["request"] is not None
    assert (again.status_code, again.json()["request"]) == (201, None)
    assert Document.objects.count() == 1
    number = again.json()["document"]["id"]
    resumed = api.post(f"documents/{number}/versions/1/resume")
    assert resumed.json()["request"]["method"] == "PUT"


def test_a_large_file_comes_in_parts(caller, group, advisor, customer) -> None:
    api = caller(group, advisor)
    kind = kind_of("other", largest_megabytes=100)
    begun = api.post(
        "documents", body_of(customer, b"", name="a.pdf", size=20 * 2**20, kind_id=str(kind.pk))
    ).json()
    address = f"documents/{begun['document']['id']}/versions/1/parts"

    assert (begun["request"], begun["part_count"]) == (None, 3)
    answer = api.post(address, {"numbers": [1, 3]})
    assert answer.status_code == 200, answer.content
    parts = answer.json()["parts"]
    assert [part["number"] for part in parts] == [1, 3]
    assert api.get(address).json()["data"] == []
    assert send(api, parts[1]["request"], b"x" * (4 * 2**20)) == 200
    assert api.get(address).json()["data"] == [{"number": 3}]
    assert api.post(address, {"numbers": [4]}).status_code == 422


def test_lists_find_and_narrow(caller, group, advisor, customer) -> None:
    place = Place("crm.customer", customer.pk)
    one = make_document(place, title="购车合同", tags=["急"], folder="购车")
    make_document(Place("crm.customer", make_customer(owner=advisor).pk), title="别的合同")
    make_document(
        Place("crm.customer", make_customer(owner=make_staff("sales_advisor", make_store())).pk),
        title="购车合同",
    )
    api = caller(group, advisor)

    def found(query: str) -> list[str]:
        answer = api.get(f"documents?{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["data"]]

    assert len(found("q=合同")) == 2
    for query in ("q=购车", f"record=crm.customer:{customer.pk}", "tag=急", "folder=购车"):
        assert found(query) == [str(one.pk)], query
    assert found("state=REFUSED") == []
    assert api.get("documents?record=crm.customer:999999").status_code == 404
    assert api.get("documents?record=nonsense").status_code == 404


def test_a_change_needs_the_state_that_was_read(caller, group, advisor, customer) -> None:
    document = make_document(Place("crm.customer", customer.pk), actor=None, title="a")
    Document.objects.filter(pk=document.pk).update(added_by=advisor)
    api = caller(group, advisor)
    address = f"documents/{document.pk}"

    assert api.patch(address, {"title": "b"}).status_code == 428
    etag = api.get(address)["ETag"]
    assert api.patch(address, {"title": "b"}, If_Match=etag).json()["title"] == "b"
    assert api.patch(address, {"title": "c"}, If_Match=etag).status_code == 412
    assert Document.objects.get().title == "b"


def test_holds_and_removal(caller, group, advisor, customer) -> None:
    document = make_document(Place("crm.customer", customer.pk))
    manager = caller(group, make_staff("store_manager", advisor.home_store))
    address = f"documents/{document.pk}"

    assert manager.post(f"{address}/hold", {"reason": "lawsuit"}).json()["hold_reason"] == "lawsuit"
    kept = manager.post(f"{address}/remove", {"reason": "old"})
    assert (kept.status_code, kept.json()["code"]) == (409, "kept")
    assert Document.objects.exists()
    assert manager.post(f"{address}/release", {"reason": "settled"}).status_code == 200
    assert manager.post(f"{address}/remove", {"reason": "old"}).status_code == 200
    assert not Document.objects.exists()
    assert AuditEntry.objects.filter(action="removed").exists()


def test_kinds_are_kept_over_the_api(caller, group) -> None:
    api = caller(group, make_staff("group_owner"))
    made = api.post("document-kinds", {"name_zh": "保险单", "name_en": "Policy", "types": ["pdf"]})
    assert (made.status_code, made.json()["code"]) == (201, "policy"), made.content
    address = f"document-kinds/{made.json()['id']}"

    etag = api.get(address)["ETag"]
    refused = api.patch(address, {"kept_by_law": True}, If_Match=etag)
    assert (refused.status_code, refused.json()["field"]) == (422, "years_kept")
    changed = api.patch(address, {"kept_by_law": True, "years_kept": 5}, If_Match=etag)
    assert changed.json()["years_kept"] == 5
    unknown = api.patch(address, {"role_codes": ["nobody"]}, If_Match=changed["ETag"])
    assert (unknown.status_code, unknown.json()["field"]) == (422, "role_codes")
    assert api.delete(address).status_code == 204
    used = kind_of()
    make_document(Place("organisation.store", make_store().pk), kind=used)
    assert api.delete(f"document-kinds/{used.pk}").status_code == 409
