"""Several who sign at the same moment."""

from pathlib import Path

from apps.documents import actions
from apps.documents.actions.signing import Signed
from apps.documents.models import Paper, PaperSignature
from apps.documents.queries.papers import content_of, get_paper
from apps.documents.queries.seals import check_seal
from forecourt.kernel.errors import Conflict, NotFound
from tests.factories.crm import make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.races import in_threads


def test_of_those_who_sign_one_field_at_once_one_has_signed(
    live_group, settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    advisor = make_staff("sales_advisor", make_store())
    actor = actor_of(advisor)
    document = actions.make_paper(
        code="crm.purchase_contract",
        subject_id=make_opportunity(owner=advisor).pk,
        language="en",
        actor=actor,
    )
    _row, address = actions.request_signature(
        document_id=document.pk, field="customer", name="Li", actor=actor
    )
    token = address.rstrip("/").rpartition("/")[2]
    shown = get_paper(document_id=document.pk, actor=actor).sha256
    signed = Signed(name="Li", strokes="", has_agreed=True, shown_sha256=shown)

    def sign(number: int) -> Paper:
        if number % 2:
            return actions.sign_by_link(token=token, signed=signed, address=None, device="")
        return actions.sign_on_screen(
            document_id=document.pk, field="customer", signed=signed, actor=actor
        )

    answers = in_threads(live_group, 6, sign)

    assert sum(isinstance(answer, Paper) for answer in answers) == 1
    assert sum(isinstance(answer, Conflict | NotFound) for answer in answers) == 5
    assert PaperSignature.objects.count() == 1
    paper = get_paper(document_id=document.pk, actor=actor)
    assert document.versions.count() == 2
    rest = Signed(name="Wang", strokes="", has_agreed=True, shown_sha256=paper.sha256)
    actions.sign_on_screen(document_id=document.pk, field="store", signed=rest, actor=actor)
    assert check_seal(content_of(get_paper(document_id=document.pk, actor=actor)))
