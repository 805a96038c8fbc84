"""From a template to a sealed paper with everybody's signature."""

import hashlib
from datetime import timedelta

import pypdfium2
import pytest
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve, reverse

from apps.crm.models import Customer, Opportunity
from apps.documents import actions
from apps.documents.actions.signing import Signed
from apps.documents.models import Document, Paper, PaperSignature, SealCertificate, SigningRequest
from apps.documents.queries.papers import content_of, find_signing_request, get_paper
from apps.documents.queries.seals import check_seal
from apps.notifications.actions.composing import Recipient, compose
from apps.notifications.models import Delivery
from apps.organisation.models import StaffMember
from forecourt.kernel import verify
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.middleware import RequestLogMiddleware
from forecourt.kernel.models import AuditEntry, OutboxMessage, StoredFile
from forecourt.kernel.papers import SealBroken
from tests.factories.crm import make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store

STROKES = str([[[step / 30, 0.3 + 0.02 * (step % 9)] for step in range(30)]])


def words_in(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def made(opportunity: Opportunity, actor: Actor, language: str = "zh-hans") -> Paper:
    document = actions.make_paper(
        code="crm.purchase_contract", subject_id=opportunity.pk, language=language, actor=actor
    )
    return get_paper(document_id=document.pk, actor=actor)


def signed(paper: Paper, name: str = "张㛃", strokes: str = STROKES, **changes: object) -> Signed:
    values = {"has_agreed": True, "shown_sha256": paper.sha256} | changes
    return Signed(name=name, strokes=strokes, **values)


def fresh(paper: Paper) -> Paper:
    return Paper.objects.get(pk=paper.pk)


def sign(paper: Paper, field: str, actor: Actor, **changes: object) -> Paper:
    actions.sign_on_screen(
        document_id=paper.pk, field=field, signed=signed(fresh(paper), **changes), actor=actor
    )
    return fresh(paper)


def test_a_paper_is_made_of_a_record_and_lies_among_its_documents(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)

    document = Document.objects.get(links__subject="crm.opportunity")
    assert document.pk == paper.pk
    assert document.kind.code == "contract"
    assert document.title == "张㛃的汽车买卖合同"
    words = words_in(content_of(paper))
    assert "张㛃" in words and opportunity.owner.name in words and "第九条" in words
    assert [field["name"] for field in paper.fields] == ["store", "customer"]
    assert paper.seal is None


def test_a_phone_that_the_maker_does_not_see_stays_masked_on_the_paper(
    opportunity: Opportunity, advisor: StaffMember
) -> None:
    clerk = actor_of(make_staff("receptionist", advisor.home_store))
    seen = {"clerk": clerk, "advisor": actor_of(advisor)}
    phone = opportunity.customer.primary_phone

    words = {
        who: words_in(actions.print_paper(_kind(), opportunity, "en", actor)[0].content)
        for who, actor in seen.items()
    }

    assert phone in words["advisor"]
    assert phone not in words["clerk"] or clerk.can("crm.see_phone")


def _kind() -> object:
    from apps.documents.papers import paper_of

    return paper_of("crm.purchase_contract")


def test_the_last_signature_adds_the_evidence_and_the_seal(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)
    shown = content_of(paper)

    half = sign(paper, "customer", actor)
    between = content_of(half)
    whole = sign(half, "store", actor, name="王芳", strokes="")
    content = content_of(whole)

    assert half.signed_at is None and half.seal is None
    assert whole.signed_at is not None and whole.seal is not None
    assert content.startswith(between) and between.startswith(shown)
    assert check_seal(content).fingerprint == whole.seal.fingerprint
    words = words_in(content)
    for said in (
        "签署记录",
        hashlib.sha256(shown).hexdigest(),
        f"{len(shown):,}",
        "王芳(手动输入)",
    ):
        assert said in "".join(words.split()), said
    first = PaperSignature.objects.get(field="customer")
    assert hashlib.sha256(content[: first.shown_size]).hexdigest() == first.shown_sha256
    changed = bytearray(content)
    changed[len(shown) // 2] ^= 1
    with pytest.raises(SealBroken):
        check_seal(bytes(changed))


def test_signing_is_told_in_history_and_to_other_systems(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)

    sign(paper, "customer", actor)

    entry = AuditEntry.objects.get(subject_kind="documents.document", action="signed")
    assert entry.changes["name"] == "张㛃" and entry.changes["shown"] == paper.sha256


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"name": " "}, Invalid, "name"),
        ({"strokes": "[[[0.1, 0.1]]]"}, Invalid, "strokes"),
        ({"has_agreed": False}, Invalid, "has_agreed"),
        ({"shown_sha256": "0" * 64}, Conflict, None),
    ],
)
def test_what_is_no_signature_changes_nothing(
    opportunity: Opportunity, actor: Actor, changes: dict, error: type, field: str | None
) -> None:
    paper = made(opportunity, actor)

    with pytest.raises(error) as refused:
        sign(paper, "customer", actor, **changes)

    assert refused.value.field == field
    assert not PaperSignature.objects.exists()
    assert fresh(paper).sha256 == paper.sha256


def test_a_field_is_signed_once_and_only_on_the_paper_that_was_shown(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)
    sign(paper, "customer", actor)

    with pytest.raises(Conflict):
        sign(paper, "customer", actor)
    with pytest.raises(Conflict, match="has changed"):
        actions.sign_on_screen(
            document_id=paper.pk, field="store", signed=signed(paper), actor=actor
        )
    with pytest.raises(NotFound):
        sign(paper, "nobody", actor)
    with pytest.raises(IntegrityError), transaction.atomic():
        row = PaperSignature.objects.get()
        row.pk = None
        row.save()


def test_only_whoever_holds_the_right_and_sees_the_record_has_a_paper_signed(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)
    technician = actor_of(make_staff("technician", opportunity.store))
    elsewhere = actor_of(make_staff("sales_advisor", make_store()))

    with pytest.raises(NotPermitted):
        sign(paper, "customer", technician)
    with pytest.raises(NotFound):
        sign(paper, "customer", elsewhere)
    with pytest.raises(NotFound):
        made(opportunity, elsewhere)
    assert not PaperSignature.objects.exists()


# --- Links --------------------------------------------------------------------------------------


def ask(paper: Paper, actor: Actor, **changes: str) -> tuple[SigningRequest, str]:
    values = {"field": "customer", "name": "张㛃"} | changes
    row, address = actions.request_signature(document_id=paper.pk, actor=actor, **values)
    return row, address.rstrip("/").rpartition("/")[2]


def reach(opportunity: Opportunity, **known: object) -> None:
    """What is known of how the customer may be reached."""
    Customer.objects.filter(pk=opportunity.customer_id).update(**known)


def by_link(token: str, paper: Paper, **changes: object) -> Paper:
    return actions.sign_by_link(
        token=token, signed=signed(paper, **changes), address="192.0.2.7", device="Phone"
    )


def test_no_new_version_is_offered_of_a_signed_paper(
    opportunity: Opportunity, actor: Actor, advisor: StaffMember, group, client_of
) -> None:
    paper = made(opportunity, actor)
    browser = client_of(group, advisor.user)
    page = f"/documents/{paper.pk}/"
    offered = reverse("documents:version_add", args=[paper.pk])
    assert offered in browser.get(page).content.decode()

    sign(paper, "customer", actor)

    assert offered not in browser.get(page).content.decode()


def test_a_link_signs_once_and_only_its_digest_is_kept(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)
    row, token = ask(paper, actor)

    by_link(token, paper)

    signature = PaperSignature.objects.get()
    assert (signature.way, signature.address, signature.device) == ("LINK", "192.0.2.7", "Phone")
    assert signature.request == row
    assert token not in str(SigningRequest.objects.values().get())
    with pytest.raises(NotFound):
        by_link(token, fresh(paper))
    assert PaperSignature.objects.count() == 1
    entry = AuditEntry.objects.get(subject_kind="documents.document", action="signed")
    assert (entry.actor_name, entry.address, entry.channel) == ("张㛃", "192.0.2.7", "link")


def test_a_link_that_is_sent_stands_in_no_table_and_no_log(
    opportunity: Opportunity, actor: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    paper = made(opportunity, actor)
    reach(opportunity, email="z@example.com", consents={"email": True})
    _row, token = ask(paper, actor, channel="email")
    delivery = Delivery.objects.get(event="documents.link_to_sign")

    for channel in ("sms", "email"):
        delivery.channel = channel
        message = compose([delivery], Recipient(name="张㛃", email="z@example", language="en"))
        assert f"/sign/{token}/" in message.title + message.text
        assert channel == "sms" or f'/sign/{token}/"><b>' in message.html
    assert token not in str(list(Delivery.objects.values()))
    assert token not in str(list(OutboxMessage.objects.values()))
    assert token not in str(list(AuditEntry.objects.values()))
    with caplog.at_level("INFO", logger="forecourt.request"):
        request = RequestFactory().get(f"/documents/sign/{token}/")
        request.resolver_match = resolve(request.path, "forecourt.config.urls_group")
        RequestLogMiddleware(lambda _request: HttpResponse())(request)
    (line,) = caplog.records
    assert (line.path, token in str(line.__dict__)) == ("/documents/sign/***/", False)


def test_links_that_are_old_taken_back_replaced_or_made_up_are_worth_nothing(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)
    first, replaced = ask(paper, actor)
    second, taken_back = ask(paper, actor)
    actions.cancel_signing_request(signing_request_id=second.pk, actor=actor)
    third, old = ask(paper, actor)
    SigningRequest.objects.filter(pk=third.pk).update(
        made_at=now() - timedelta(days=4), expires_at=now() - timedelta(seconds=1)
    )

    for token in (replaced, taken_back, old, "made-up", ""):
        with pytest.raises(NotFound):
            by_link(token, paper)
    assert not PaperSignature.objects.exists()
    with pytest.raises(Conflict):
        actions.cancel_signing_request(signing_request_id=first.pk, actor=actor)


def test_signing_on_the_screen_takes_back_the_link_for_the_field(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)
    _row, token = ask(paper, actor)

    sign(paper, "customer", actor)

    with pytest.raises(NotFound):
        find_signing_request(token)


@pytest.mark.parametrize(
    ("channel", "known", "why"),
    [
        ("email", {"email": "z@example.com"}, "has not agreed"),
        ("email", {"consents": {"email": True}}, "No address"),
        ("sms", {"consents": {"sms": True}}, "is off"),
    ],
)
def test_a_link_that_would_not_arrive_is_not_made(
    opportunity: Opportunity, actor: Actor, channel: str, known: dict, why: str
) -> None:
    paper = made(opportunity, actor)
    reach(opportunity, **known)

    with pytest.raises(Invalid, match=why) as refused:
        ask(paper, actor, channel=channel)

    assert refused.value.field == "channel"
    assert not SigningRequest.objects.exists()
    assert not Delivery.objects.exists()


def test_a_paper_that_names_no_customer_for_the_field_sends_no_link(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = made(opportunity, actor)

    with pytest.raises(Invalid) as refused:
        ask(paper, actor, field="store", channel="sms")

    assert refused.value.field == "channel"
    assert not SigningRequest.objects.exists()


def test_the_certificate_is_made_once_and_its_key_is_kept_encrypted(
    opportunity: Opportunity, actor: Actor
) -> None:
    for _paper in range(2):
        paper = made(make_opportunity(owner=opportunity.owner), actor)
        sign(paper, "customer", actor)
        sign(paper, "store", actor)

    from django.db import connection

    row = SealCertificate.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, certificate FROM documents_sealcertificate")
        key, certificate = cursor.fetchone()
    assert "PRIVATE" not in key and "BEGIN CERTIFICATE" in certificate
    assert "PRIVATE KEY" in row.key.reveal()
    assert StoredFile.objects.count() == 6


def test_what_is_signed_takes_no_other_version_and_stays(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = sign(made(opportunity, actor), "customer", actor)
    upload = {"name": "other.pdf", "size": 5, "actor": actor, "document_id": paper.pk}
    before = list(paper.document.versions.values_list("number", "file__sha256"))

    for refused in (
        lambda: actions.add_version(**upload),
        lambda: actions.restore_version(document_id=paper.pk, number=1, actor=actor),
        lambda: actions.remove_version(
            document_id=paper.pk, number=1, reason="mistake", actor=actor
        ),
        lambda: actions.remove_document(document_id=paper.pk, reason="mistake", actor=actor),
    ):
        with pytest.raises(Conflict):
            refused()

    assert list(paper.document.versions.values_list("number", "file__sha256")) == before
    assert fresh(paper).sha256 == before[-1][1]


def test_verify_finds_a_signed_paper_that_shows_another_file(
    opportunity: Opportunity, actor: Actor
) -> None:
    paper = sign(sign(made(opportunity, actor), "customer", actor), "store", actor)

    def faults() -> list[str]:
        problems = [problem for _name, found in verify.run_checks() for problem in found]
        return [one.message for one in problems if one.subject == f"paper {paper.pk}"]

    assert faults() == []
    Paper.objects.filter(pk=paper.pk).update(sha256="0" * 64)
    assert any("shows another file" in fault for fault in faults())
