"""Templates, papers and signatures over the API."""

from pathlib import Path

import pytest

from apps.documents.models import Paper, SigningRequest
from tests.factories.crm import make_opportunity
from tests.factories.organisation import make_staff, make_store

pytestmark = pytest.mark.usefixtures("folder")
LETTER = {"code": "crm.letter", "language": "en"}


@pytest.fixture
def folder(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_a_text_is_written_published_and_withdrawn(group, caller) -> None:
    calls = caller(group, make_staff("headquarters", None))

    refused = calls.post("document-templates", {**LETTER, "text": "{{nobody}}"})
    assert refused.status_code == 422 and refused.json()["field"] == "text"
    draft = calls.post("document-templates", {**LETTER, "text": "Dear {{customer.name}}"}).json()
    assert (draft["state"], draft["number"]) == ("DRAFT", 1)
    address = f"document-templates/{draft['id']}"
    assert calls.post(f"{address}/publish").json()["state"] == "PUBLISHED"
    assert calls.get("document-templates?state=PUBLISHED&code=crm.letter").json()["data"]
    assert calls.post(f"{address}/publish").status_code == 409
    assert calls.delete(address).status_code == 409
    assert calls.post(f"{address}/retire").json()["state"] == "RETIRED"
    again = calls.post(f"{address}/restore").json()
    assert (again["text"], again["number"]) == ("Dear {{customer.name}}", 2)
    assert calls.delete(f"document-templates/{again['id']}").status_code == 204


def test_a_paper_is_made_and_a_link_to_sign_it(group, caller) -> None:
    advisor = make_staff("sales_advisor", make_store())
    opportunity = make_opportunity(owner=advisor)
    calls = caller(group, advisor)
    kinds = {kind["code"]: kind for kind in calls.get("paper-kinds").json()["data"]}
    assert kinds["crm.purchase_contract"]["subject"] == "crm.opportunity"

    body = {"code": "crm.purchase_contract", "subject_id": str(opportunity.pk), "language": "en"}
    made = calls.post("papers", body)
    assert made.status_code == 201
    document = made.json()["id"]
    fields = calls.get(f"documents/{document}/signature-fields").json()["data"]
    assert [field["code"] for field in fields] == ["store", "customer"]
    link = calls.post(
        f"documents/{document}/signing-links", {"field": "customer", "name": "Li"}
    ).json()

    assert "/documents/sign/" in link["url"]
    assert SigningRequest.objects.get().paper_id == Paper.objects.get().pk
    waiting = calls.get(f"documents/{document}/signature-fields").json()["data"][1]
    assert waiting["waits_until"] and not waiting["signed_at"]
