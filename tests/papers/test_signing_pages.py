"""The page behind a link, and having a paper signed in the store."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.crm.models import Opportunity
from apps.documents import actions
from apps.documents.actions.signing import Signed
from apps.documents.models import DocumentKind, Paper, PaperSignature, SigningRequest
from apps.documents.queries.papers import get_paper
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import make_staff
from tests.papers.test_signing import STROKES, made


@pytest.fixture
def page(group, client_of, advisor: StaffMember) -> Client:
    return client_of(group, advisor.user)


@pytest.fixture
def stranger(group, client_of) -> Client:
    return client_of(group)


@pytest.fixture
def paper(opportunity: Opportunity, actor: Actor) -> Paper:
    return made(opportunity, actor)


def link(paper: Paper, actor: Actor) -> str:
    _row, address = actions.request_signature(
        document_id=paper.pk, field="customer", name="张㛃", actor=actor
    )
    return "/" + address.split("/", 3)[3]


def answer(paper: Paper, **changes: str) -> dict[str, str]:
    values = {
        "name": "张㛃",
        "strokes": STROKES,
        "has_agreed": "on",
        "shown_sha256": paper.sha256,
    }
    return values | changes


def test_a_stranger_with_the_link_reads_and_signs_once(
    paper: Paper, actor: Actor, stranger: Client
) -> None:
    address = link(paper, actor)

    shown = stranger.get(address)
    assert shown.status_code == 200
    assert shown["X-Robots-Tag"] == "noindex, nofollow"
    assert shown["Referrer-Policy"] == "strict-origin"
    assert "张㛃" in shown.content.decode() and paper.sha256 in shown.content.decode()
    picture = stranger.get(f"{address}pages/1/")
    assert picture["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    assert stranger.get(f"{address}pages/99/").status_code == 404
    assert stranger.get(f"{address}file/").status_code == 302
    assert SigningRequest.objects.get().opened_at is not None

    done = stranger.post(address, answer(paper))

    assert done.status_code == 200
    assert PaperSignature.objects.get().name == "张㛃"
    for again in (stranger.get(address), stranger.post(address, answer(paper))):
        assert again.status_code == 404
    assert stranger.get(f"{address}pages/1/").status_code == 404
    assert stranger.get(f"{address}file/").status_code == 404
    assert PaperSignature.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"has_agreed": ""}, "Please say that you have read"),
        ({"name": "", "strokes": ""}, "This field is required"),
        ({"strokes": "[[[2, 2]]]"}, "Please sign again"),
        ({"shown_sha256": "0" * 64}, "has changed since"),
    ],
)
def test_a_refusal_stands_on_the_page_with_what_was_typed(
    paper: Paper, actor: Actor, stranger: Client, changes: dict, says: str
) -> None:
    address = link(paper, actor)

    stranger.cookies["django_language"] = "en"

    refused = stranger.post(address, answer(paper, **changes))

    assert refused.status_code == 422
    assert says in refused.content.decode()
    if "name" not in changes:
        assert 'value="张㛃"' in refused.content.decode()
    assert not PaperSignature.objects.exists()


def test_signing_in_the_store_goes_from_the_document_to_the_pad_and_back(
    paper: Paper, page: Client
) -> None:
    document = page.get(reverse("documents:document_detail", args=[paper.pk])).content.decode()
    signing = reverse("documents:paper_signing", args=[paper.pk])
    assert signing in document

    fields = page.get(signing).content.decode()
    pads = re.findall(r'href="([^"]+/signing/\w+/)"', fields)
    assert len(pads) == 2
    for pad in pads:
        shown = Paper.objects.get(pk=paper.pk)
        assert page.get(pad).status_code == 200
        assert page.post(pad, answer(shown)).status_code == 302

    assert Paper.objects.get(pk=paper.pk).signed_at is not None
    assert page.get(signing).status_code == 200
    assert page.post(pads[0], answer(shown)).status_code in (409, 422)


def test_the_pages_of_a_sensitive_paper_are_one_look_that_is_logged(
    paper: Paper, page: Client
) -> None:
    address = reverse("documents:paper_page", args=[paper.pk, 1])
    looks = AuditEntry.objects.filter(action="looked at")

    assert page.get(address).status_code == 200
    assert not looks.exists()
    DocumentKind.objects.filter(pk=paper.document.kind_id).update(is_sensitive=True)
    for _page in range(2):
        assert page.get(address).status_code == 200
    assert looks.get().subject_id == str(paper.pk)


def test_a_code_is_shown_once_and_taken_back(paper: Paper, page: Client, actor: Actor) -> None:
    ask = reverse("documents:signature_ask", args=[paper.pk, "customer"])
    assert "张㛃" in page.get(ask).content.decode()

    made_link = page.post(ask, {"name": "张㛃", "channel": ""}).content.decode()
    assert "<svg" in made_link and "/documents/sign/" in made_link

    row = SigningRequest.objects.get()
    page.post(reverse("documents:signing_request_cancel", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == "CANCELLED"


def test_making_a_paper_from_the_records_page(opportunity: Opportunity, page: Client) -> None:
    panel = page.get(f"/documents/of/crm.opportunity/{opportunity.pk}/").content.decode()
    address = reverse("documents:paper_make", args=["crm.purchase_contract", opportunity.pk])
    assert address in panel

    made_paper = page.post(address, {"language": "en"})

    assert made_paper.status_code == 302
    assert Paper.objects.get().language == "en"
    assert page.post(address, {"language": "fr"}).status_code == 422
    assert Paper.objects.count() == 1


def test_the_editor_shows_how_the_text_looks_or_what_is_wrong(
    client_of, group, folder, opportunity: Opportunity
) -> None:
    page = client_of(group, make_staff("headquarters", None).user)
    address = reverse("documents:template_preview", args=["crm.purchase_contract", "en"])

    good = page.post(address, {"text": "# Hello", "record": str(opportunity.pk)}).content.decode()
    bad = page.post(address, {"text": "{{nobody}}", "record": ""}).content.decode()

    assert "data:image/png;base64," in good
    assert "nobody" in bad and "data:image" not in bad
    edit = reverse("documents:template_edit", args=["crm.purchase_contract", "en"])
    assert page.post(edit, {"text": "{{nobody}}"}).status_code == 422
    assert page.post(edit, {"text": "# Contract\r\n\r\nText"}).status_code == 302
    assert page.get(edit).status_code == 200
    assert page.get(reverse("documents:template_list")).status_code == 200


def test_the_certificate_can_be_taken_away_to_check_seals_elsewhere(
    paper: Paper, group, client_of, actor: Actor
) -> None:
    for field in ("store", "customer"):
        current = get_paper(document_id=paper.pk, actor=actor)
        signed = Signed("王芳", "", True, current.sha256)
        actions.sign_on_screen(document_id=paper.pk, field=field, signed=signed, actor=actor)
    reader = client_of(group, make_staff("headquarters", None).user)

    assert reader.get(reverse("documents:seal")).status_code == 200
    answer = reader.get(reverse("documents:seal_certificate"))
    assert answer.content.startswith(b"-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in answer.content
