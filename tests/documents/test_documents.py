"""Documents come, are looked through, change, and go: each rule, and what a refusal leaves."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from apps.crm.actions import merge_customers, undo_merge
from apps.documents import actions
from apps.documents.errors import Kept
from apps.documents.models import Document, DocumentKind, DocumentLink, DocumentVersion
from apps.documents.queries import documents as queries
from apps.documents.queries.documents import (
    count_of,
    documents_of,
    folders_of,
    list_documents,
    matching,
    time_is_over,
)
from apps.documents.subjects import Place
from forecourt.kernel import files, outbox
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.files.checking import take_up
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import AuditEntry, StoredFile
from forecourt.kernel.storage import group_storage
from forecourt.kernel.verify import run_checks
from tests.factories.crm import make_customer, make_opportunity
from tests.factories.documents import arrive, begin, kind_of, make_document, make_version, png
from tests.factories.organisation import actor_of, make_staff, make_store


def verbs_of(document: Document) -> list[str]:
    entries = AuditEntry.objects.filter(
        subject_kind="documents.document", subject_id=str(document.pk)
    )
    return list(entries.order_by("id").values_list("action", flat=True))


def backdate(document: Document, years: int) -> None:
    Document.objects.filter(pk=document.pk).update(
        added_at=document.added_at - timedelta(days=366 * years)
    )


def test_a_document_counts_once_its_file_has_been_looked_through(actor, customer, place) -> None:
    begun = begin(place, actor=actor, name="购车合同.png", size=len(png()), tags=["VIP", "vip"])
    document = begun.document

    assert (document.state, document.current, document.title) == ("CHECKING", None, "购车合同")
    assert document.tags == ["VIP"]
    assert document.store_id == customer.home_store_id
    with pytest.raises(NotFound):
        actions.open_document(document_id=document.pk, actor=actor)

    arrive(begun.version, png())

    document = Document.objects.get()
    assert (document.state, document.current.number) == ("READY", 1)
    assert "/files/" in actions.open_document(document_id=document.pk, actor=actor)
    assert verbs_of(document) == ["added", "ready"]


def test_what_is_not_accepted_is_never_handed_out(actor, place) -> None:
    document = make_document(place, actor=actor, name="a.png", content=b"<script>alert(1)</script>")

    assert (document.state, document.current) == ("REFUSED", None)
    with pytest.raises(NotFound):
        actions.open_document(document_id=document.pk, actor=actor)
    with pytest.raises(files.NotReady):
        actions.open_document(document_id=document.pk, number=1, actor=actor)
    assert verbs_of(document) == ["added", "refused"]

    actions.abandon_version(document_id=document.pk, number=1, actor=actor)
    assert not Document.objects.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "a.exe"}, "file"),
        ({"name": "a.txt", "size": 0}, "file"),
        ({"name": "a.txt", "size": 5 * 2**30}, "file"),
        ({"title": "x" * 201}, "title"),
        ({"folder": "a/../../b"}, "folder"),
        ({"folder": "1/2/3/4/5/6"}, "folder"),
        ({"tags": ["x" * 41]}, "tags"),
    ],
)
def test_bad_input_leaves_nothing(actor, place, facts, field) -> None:
    with pytest.raises(Invalid) as refusal:
        begin(place, actor=actor, **facts)

    assert refusal.value.field == field
    assert not Document.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_kind_takes_what_it_says(actor, place) -> None:
    kind = kind_of("other", types=["image"], largest_megabytes=1)

    for facts in ({"name": "a.txt"}, {"name": "a.png", "size": 2**20 + 1}):
        with pytest.raises(Invalid):
            begin(place, actor=actor, kind=kind, **facts)
    assert not Document.objects.exists()
    begin(place, actor=actor, kind=kind, name="a.png", size=2**20)


def test_a_new_version_is_shown_once_it_is_accepted_and_an_old_one_again(actor, place) -> None:
    document = make_document(place, actor=actor, content=b"first")
    begun = actions.add_version(document_id=document.pk, name="b.txt", size=6, actor=actor)
    document.refresh_from_db()
    assert document.current.number == 1

    arrive(begun.version, b"second")
    document.refresh_from_db()
    assert document.current.number == 2

    make_version(document, actor=actor, name="c.png", content=b"no picture")
    document.refresh_from_db()
    assert (document.state, document.current.number) == ("READY", 2)
    with pytest.raises(Conflict):
        actions.restore_version(document_id=document.pk, number=3, actor=actor)

    restored = actions.restore_version(document_id=document.pk, number=1, actor=actor)
    assert restored.current.number == 1
    assert "version restored" in verbs_of(document)
    with pytest.raises(Conflict):
        actions.remove_version(document_id=document.pk, number=1, reason="x", actor=actor)
    actions.remove_version(document_id=document.pk, number=2, reason="wrong page", actor=actor)
    assert make_version(document, actor=actor).number == 4


def test_an_upload_that_never_ends_leaves_nothing(actor, place) -> None:
    begin(place, actor=actor)
    kept = make_document(place, actor=actor)
    actions.add_version(document_id=kept.pk, name="b.txt", size=5, actor=actor)
    StoredFile.objects.filter(state="UPLOADING").update(due_at=now() - timedelta(minutes=1))

    take_up(schema_name=current_schema())

    assert Document.objects.get() == kept
    assert DocumentVersion.objects.count() == 1
    assert StoredFile.objects.count() == 1


def test_only_whoever_sends_a_file_completes_it(actor, advisor, place) -> None:
    begun = begin(place, actor=actor)
    other = actor_of(make_staff("receptionist", advisor.home_store))
    facts = {"document_id": begun.document.pk, "number": 1}

    for act in (actions.complete_version, actions.resume_version, actions.abandon_version):
        with pytest.raises(NotPermitted):
            act(**facts, actor=other)
    assert DocumentVersion.objects.get().file.state == "UPLOADING"
    with pytest.raises(Invalid):
        actions.complete_version(**facts, actor=actor)
    group_storage().put(begun.version.file.incoming_name, ContentFile(b"hello"))
    actions.complete_version(**facts, actor=actor)


def test_names_folders_tags_and_kinds_change(actor, place) -> None:
    document = make_document(place, actor=actor)

    actions.change_document(
        document_id=document.pk,
        title="  保险单 ",
        folder=" 理赔 / 2026 ",
        tags=["人伤", "人伤 "],
        kind_id=kind_of("claim").pk,
        actor=actor,
    )

    document.refresh_from_db()
    assert (document.title, document.folder, document.tags) == ("保险单", "理赔/2026", ["人伤"])
    assert folders_of(place, actor) == [("理赔/2026", 1)]
    for search in ("保险", "理赔", "人伤", "bxd"):
        assert matching(list_documents(actor), search).get() == document, search
    with pytest.raises(Invalid) as refusal:
        actions.change_document(document_id=document.pk, kind_id=kind_of("id_card").pk, actor=actor)
    assert refusal.value.field == "kind_id"


def test_a_common_word_finds_the_same_without_the_index(actor, place, monkeypatch) -> None:
    wanted = [make_document(place, name=f"保险合同 {number}.txt") for number in range(3)]
    make_document(place, name="行驶证.txt")
    searches = ("合同", "保险合同", "合同 保险", "合同 2", "没有")
    rare = [list(matching(list_documents(actor), search).order_by("-id")) for search in searches]

    monkeypatch.setattr(queries, "COMMON", 2)
    common = [list(matching(list_documents(actor), search).order_by("-id")) for search in searches]

    assert common == rare
    assert common[0] == list(reversed(wanted))
    assert "grams" not in str(matching(list_documents(actor), "合同").query.where)
    assert "grams" in str(matching(list_documents(actor), "行驶").query.where)


def test_a_colleague_without_the_reach_changes_nothing(actor, advisor, place) -> None:
    document = make_document(place, actor=actor, title="Contract")
    desk = actor_of(make_staff("receptionist", advisor.home_store))

    for act in (
        lambda: actions.change_document(document_id=document.pk, title="x", actor=desk),
        lambda: actions.remove_document(document_id=document.pk, reason="x", actor=desk),
        lambda: actions.set_hold(document_id=document.pk, reason="x", actor=desk),
        lambda: actions.restore_version(document_id=document.pk, number=1, actor=desk),
    ):
        with pytest.raises(NotPermitted):
            act()
    document.refresh_from_db()
    assert (document.title, document.is_held) == ("Contract", False)
    assert verbs_of(document) == ["added", "ready"]


def test_a_document_keeps_its_last_record(actor, advisor, place) -> None:
    document = make_document(place, actor=actor)
    other = make_customer(owner=advisor)
    link = {"document_id": document.pk, "subject": "crm.customer", "actor": actor}

    with pytest.raises(Conflict):
        actions.unlink_document(**link, subject_id=place.id)
    actions.link_document(**link, subject_id=other.pk)
    actions.link_document(**link, subject_id=other.pk)
    assert count_of(place, actor) == count_of(Place("crm.customer", other.pk), actor) == 1
    actions.unlink_document(**link, subject_id=place.id)
    assert DocumentLink.objects.get().subject_id == other.pk
    with pytest.raises(NotFound):
        actions.link_document(
            **link, subject_id=make_customer(owner=make_staff("sales_advisor", make_store())).pk
        )


def test_removing_takes_rows_and_bytes_and_leaves_the_reason(actor, place, folder) -> None:
    document = make_document(place, actor=actor)
    sha256 = document.current.file.sha256
    kept = list(folder.rglob("files/*"))
    assert kept
    with pytest.raises(Invalid):
        actions.remove_document(document_id=document.pk, reason=" ", actor=actor)
    assert Document.objects.exists()

    actions.remove_document(document_id=document.pk, reason="scanned twice", actor=actor)
    outbox.deliver_due(schema_name=current_schema())

    assert not Document.objects.exists()
    assert not StoredFile.objects.exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]
    entry = AuditEntry.objects.get(action="removed")
    assert entry.changes["reason"] == [None, "scanned twice"]
    assert entry.changes["sha256"] == [sha256]


def test_a_hold_keeps_a_document_from_everybody(advisor, actor, place) -> None:
    document = make_document(place, actor=actor)
    manager = actor_of(make_staff("store_manager", advisor.home_store))
    actions.set_hold(document_id=document.pk, reason="lawsuit 17", actor=manager)

    for who in (actor, manager, actor_of(make_staff("group_owner"))):
        with pytest.raises(Kept, match="lawsuit 17"):
            actions.remove_document(document_id=document.pk, reason="x", actor=who)
    with pytest.raises(Conflict):
        actions.set_hold(document_id=document.pk, reason="again", actor=manager)
    with pytest.raises(NotPermitted):
        actions.release_hold(document_id=document.pk, reason="x", actor=actor)
    assert Document.objects.get().hold_reason == "lawsuit 17"

    actions.release_hold(document_id=document.pk, reason="settled", actor=manager)
    actions.remove_document(document_id=document.pk, reason="x", actor=actor)
    assert verbs_of(document)[-3:] == ["hold set", "hold released", "removed"]


def test_a_kinds_time_keeps_documents_and_a_mistake_may_be_taken_back(actor, place) -> None:
    kind = kind_of("other", years_kept=3)
    fresh = make_document(place, actor=actor, kind=kind)
    actions.remove_document(document_id=fresh.pk, reason="the wrong customer's", actor=actor)
    document = make_document(place, actor=actor, kind=kind)
    backdate(document, 2)

    with pytest.raises(Kept, match="It is kept until"):
        actions.remove_document(document_id=document.pk, reason="x", actor=actor)
    assert not Document.objects.filter(time_is_over()).exists()
    backdate(document, 4)

    assert Document.objects.filter(time_is_over()).get() == document
    actions.remove_document(document_id=document.pk, reason="time is over", actor=actor)


def test_another_kind_does_not_get_round_the_law(actor, place) -> None:
    document = make_document(
        place, actor=actor, kind=kind_of("invoice"), name="a.png", content=png()
    )
    backdate(document, 2)

    with pytest.raises(Conflict):
        actions.change_document(document_id=document.pk, kind_id=kind_of("other").pk, actor=actor)
    assert Document.objects.get().kind.code == "invoice"


def test_each_look_at_a_sensitive_document_is_logged(actor, place) -> None:
    plain = make_document(place, actor=actor, name="a.png", content=png())
    card = make_document(
        place, actor=actor, kind=kind_of("id_card"), name="b.png", content=png("red")
    )

    for document in (plain, card):
        actions.open_document(document_id=document.pk, inline=True, actor=actor)
        actions.open_document(document_id=document.pk, actor=actor)

    assert verbs_of(plain) == ["added", "ready"]
    assert verbs_of(card) == ["added", "ready", "looked at", "downloaded"]
    assert actions.thumbnail_of(document_id=card.pk, actor=actor) == ""


def test_a_persons_papers_are_erased_with_proof_of_what_went_and_what_stays(
    actor, advisor, customer, place
) -> None:
    deal = make_opportunity(owner=advisor, phone=customer.primary_phone)
    went = [
        make_document(place, actor=actor, kind=kind_of("other", years_kept=3)),
        make_document(Place("crm.opportunity", deal.pk), actor=actor),
    ]
    held = make_document(place, actor=actor)
    bill = make_document(place, actor=actor, kind=kind_of("invoice"), name="a.png", content=png())
    owner = actor_of(make_staff("group_owner"))
    actions.set_hold(document_id=held.pk, reason="lawsuit", actor=owner)
    stranger = make_document(Place("crm.customer", make_customer(owner=advisor).pk))
    request = {"subject": "crm.customer", "subject_id": customer.pk}
    with pytest.raises(NotPermitted):
        actions.erase_papers(**request, reason="her wish", actor=actor)
    with pytest.raises(Invalid):
        actions.erase_papers(**request, reason="", actor=owner)
    assert Document.objects.count() == 5

    proof = actions.erase_papers(**request, reason="her letter of 3 May", actor=owner)

    assert set(Document.objects.all()) == {held, bill, stranger}
    assert [each["document"] for each in proof.changes["_erased"]] == [str(d.pk) for d in went]
    assert [len(sums) for each in proof.changes["_erased"] for sums in each["sha256"]] == [64, 64]
    why = {each["document"]: each["why"] for each in proof.changes["_kept"]}
    assert "lawsuit" in why[str(held.pk)]
    assert "The law has it kept until" in why[str(bill.pk)]


def test_a_vehicle_has_no_papers_to_be_erased_on_request(group) -> None:
    owner = actor_of(make_staff("group_owner"))
    with pytest.raises(Invalid):
        actions.erase_papers(subject="vehicles.stock_unit", subject_id=1, reason="x", actor=owner)


def test_a_paper_of_the_product_is_ready_at_once(actor, place) -> None:
    file = files.keep_bytes(
        purpose="documents.document",
        name="slip.txt",
        content="调拨单".encode(),
        content_type="text/plain",
    )

    document = actions.file_paper(
        subject=place.subject,
        subject_id=place.id,
        kind="other",
        file=file,
        title="Slip",
        actor=actor,
    )

    assert (document.state, document.current.number) == ("READY", 1)
    assert "/files/" in actions.open_document(document_id=document.pk, actor=actor)


def test_the_database_itself_keeps_what_must_never_be_wrong(actor, place) -> None:
    document = make_document(place, actor=actor)
    rows = Document.objects.filter(pk=document.pk)
    for broken in (
        lambda: rows.update(current=None),
        lambda: rows.update(state="CHECKING"),
        lambda: rows.update(hold_reason="x"),
        lambda: rows.update(title=""),
        lambda: DocumentKind.objects.update(kept_by_law=True, years_kept=None),
        lambda: DocumentKind.objects.filter(code="other").update(code="Other kind"),
        lambda: StoredFile.objects.all()._raw_delete("default"),
        lambda: DocumentVersion.objects.create(
            document=document, number=1, file=document.current.file, added_at=now()
        ),
        lambda: DocumentLink.objects.create(
            document=document, subject=place.subject, subject_id=place.id
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            broken()


def test_the_checks_find_what_is_wrong_and_nothing_else(actor, place) -> None:
    document = make_document(place, actor=actor)

    def found() -> dict[str, int]:
        mine = {name: problems for name, problems in run_checks() if "document" in name}
        return {name: len(problems) for name, problems in mine.items() if problems}

    assert found() == {}
    DocumentLink.objects.filter(document=document).update(subject_id=0)
    assert found() == {"documents belong to records": 1}
    DocumentLink.objects.all().delete()
    assert found() == {"documents belong to records": 1}
    assert system_actor().is_system


def test_documents_follow_a_merge_of_customers_and_go_back(advisor, customer, place) -> None:
    twin = make_customer(owner=advisor)
    theirs = make_document(Place("crm.customer", twin.pk))
    both = make_document(place)
    owner = actor_of(make_staff("group_owner"))
    actions.link_document(
        document_id=both.pk, subject="crm.customer", subject_id=twin.pk, actor=owner
    )

    merge = merge_customers(kept_id=customer.pk, merged_id=twin.pk, actor=owner)
    assert set(documents_of(place, actor_of(advisor))) == {theirs, both}

    undo_merge(merge_id=merge.pk, actor=owner)
    assert set(documents_of(place, actor_of(advisor))) == {both}
    assert set(documents_of(Place("crm.customer", twin.pk), owner)) == {theirs, both}
