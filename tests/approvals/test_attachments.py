"""Files of requests: they go straight to the store, and old ones are carried over."""

import pytest
from django.core.files.base import ContentFile

from apps.approvals.actions import attach
from apps.approvals.actions.attaching import carry_over
from apps.approvals.file_purposes import ATTACHMENT
from apps.approvals.models import ApprovalAct
from apps.approvals.queries.attachments import link_to_attachment
from apps.approvals.rules.states import ActKind
from apps.approvals.rules.steps import Step
from forecourt.kernel import outbox
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.files.holders import unheld
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage
from tests.factories.approvals import Desk
from tests.factories.files import bring
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.files.samples import PDF

pytestmark = pytest.mark.usefixtures("group")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def desk() -> Desk:
    return Desk(Step(roles=("sales_manager",)))


def test_files_are_added_from_the_page_and_read_by_those_who_see_the_request(
    desk, group, client_of
):
    request, advisor = desk.submit(), actor_of(desk.advisor)
    files = [bring(ATTACHMENT, actor=advisor, name=f"报价{n}.pdf", content=PDF) for n in (1, 2)]
    browser = client_of(group, desk.advisor.user)

    body = {"file": ["", *(str(file.pk) for file in files)]}
    answer = browser.post(f"/approvals/{request.pk}/attach/", body, headers={"HX-Request": "true"})

    assert answer.status_code == 200, answer.content
    acts = request.acts.filter(kind="ATTACHED").order_by("pk")
    assert [(act.file, act.file_name) for act in acts] == [(f, f.name) for f in files]
    url = f"/approvals/{request.pk}/files/{acts[0].pk}/"
    handed_out = client_of(group, desk.sales.user).get(url, follow=True)
    assert b"".join(handed_out.streaming_content) == PDF
    assert handed_out["Content-Disposition"].startswith("attachment")
    stranger = make_staff("sales_advisor", make_store())
    assert client_of(group, stranger.user).get(url).status_code == 404


def test_a_refused_form_still_shows_what_was_uploaded(desk, group, client_of):
    request, advisor = desk.submit(), actor_of(desk.advisor)
    good = bring(ATTACHMENT, actor=advisor, name="报价.pdf", content=PDF)
    foreign = bring(ATTACHMENT, actor=actor_of(desk.sales), name="x.pdf", content=PDF)
    browser = client_of(group, desk.advisor.user)
    place = f"/approvals/{request.pk}/attach/"

    for wrong in (foreign.pk, 10**9, "x"):
        answer = browser.post(place, {"file": ["", str(good.pk), wrong]})
        shown = answer.content.decode()
        assert answer.status_code == 422
        assert f'<input type="hidden" name="file" value="{good.pk}">' in shown
        assert "报价.pdf" in shown and "x.pdf" not in shown
    assert browser.post(place, {"file": ""}).status_code == 422
    assert not request.acts.filter(kind="ATTACHED").exists()


def test_what_is_not_ones_own_or_was_refused_or_added_before_is_not_added(desk):
    request, advisor = desk.submit(), actor_of(desk.advisor)
    bad = bring(ATTACHMENT, actor=advisor, name="offer.pdf", content=b"<html>")
    with pytest.raises(Invalid) as refusal:
        attach(approval_id=request.pk, file_ids=[bad.pk], actor=advisor)
    assert refusal.value.field == "file"
    for name in ("run.exe", "page.html", "none"):
        with pytest.raises(Invalid):
            bring(ATTACHMENT, actor=advisor, name=name)
    good = bring(ATTACHMENT, actor=advisor, name="a.pdf", content=PDF)
    attach(approval_id=request.pk, file_ids=[good.pk], actor=advisor)

    with pytest.raises(Conflict):
        attach(approval_id=request.pk, file_ids=[good.pk], actor=advisor)
    assert request.acts.filter(kind="ATTACHED").count() == 1


def test_files_kept_in_the_old_way_are_handed_out_and_carried_over_once(desk):
    request, advisor = desk.submit(), actor_of(desk.advisor)
    key = "ab" * 16
    lying = f"approvals/{request.pk}/{key}.pdf"
    group_storage().put(lying, ContentFile(PDF))
    facts = {"request": request, "kind": ActKind.ATTACHED, "happened_at": now(), "round": 1}
    act = ApprovalAct.objects.create(
        **facts, actor_name="A", file_name="报价.pdf", stored_name=lying, size_bytes=len(PDF)
    )
    gone = ApprovalAct.objects.create(
        **facts, actor_name="A", file_name="b.pdf", stored_name="approvals/1/gone.pdf"
    )
    seen = {"approval_id": request.pk, "act_id": act.pk, "actor": advisor}
    assert link_to_attachment(**seen)

    assert carry_over() == 1
    assert carry_over() == 0
    outbox.deliver_due(schema_name=current_schema())

    file = StoredFile.objects.get()
    assert (file.key, file.state, file.name, file.content_type) == (
        key,
        "READY",
        "报价.pdf",
        "application/pdf",
    )
    assert b"".join(group_storage().pieces(file.kept_name)) == PDF
    assert group_storage().size_of(lying) is None
    assert link_to_attachment(**seen)
    assert not list(unheld(StoredFile.objects.all()))
    assert gone.file_name == "b.pdf"
