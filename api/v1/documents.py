"""Documents and their kinds. The bytes go straight to the file store and come from there."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, listing, page, record, removal
from api.fields import Body, IdField, NoBody, Representation, actor_asking
from api.filters import Filter
from api.v1.staff import person
from api.v1.stores import store
from apps.documents import actions
from apps.documents.queries.documents import (
    get_document,
    get_version,
    list_documents,
    matching,
    records_of,
    versions_of,
)
from apps.documents.queries.kinds import get_kind, list_kinds
from apps.documents.queries.records import place_of, record_at
from apps.documents.rules.naming import FOLDER_MOST, TAG_MOST, TAGS_MOST, TITLE_MOST
from apps.documents.rules.states import DocumentState
from apps.documents.rules.types import LARGEST_MEGABYTES, FileType
from forecourt.kernel.access import Actor
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import DirectRequest

VIEW = "documents.view_document"
ADD = "documents.add_document"
CHANGE = "documents.change_document"
REMOVE = "documents.remove_document"
HOLD = "documents.hold_document"
SEND_EXACTLY = _(
    "Send the bytes with exactly this method, address and these headers, then complete the version."
)


# --- What is answered ---------------------------------------------------------------------------


class DocumentKindRow(Representation):
    """A kind of document, with the rules that hold for all documents of it."""

    id = IdField()
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    types = serializers.ListField(child=serializers.ChoiceField(FileType.choices))
    largest_megabytes = serializers.IntegerField()
    is_sensitive = serializers.BooleanField()
    role_codes = serializers.ListField(child=serializers.CharField())
    subjects = serializers.ListField(child=serializers.CharField())
    years_kept = serializers.IntegerField(allow_null=True)
    kept_by_law = serializers.BooleanField()
    is_active = serializers.BooleanField()
    sequence = serializers.IntegerField()


class RecordRow(Representation):
    """A record that a document belongs to, as far as the caller sees it."""

    subject = serializers.CharField(source="subject.code")
    subject_id = IdField(source="id")
    label = serializers.CharField()


class Records(serializers.ListField):
    child = RecordRow()

    def get_attribute(self, document: Any) -> list[Any]:
        return records_of(document, actor_asking())


class FileRow(Representation):
    """The file of a version. Its type and checksum count from READY on."""

    name = serializers.CharField()
    size = serializers.IntegerField(help_text=_("In bytes."))
    content_type = serializers.CharField()
    sha256 = serializers.CharField()
    state = serializers.ChoiceField(StoredFile.State.choices)
    refusal = serializers.ChoiceField(StoredFile.Refusal.choices, allow_blank=True)
    pages = serializers.IntegerField(allow_null=True)


class DocumentRow(Representation):
    """A document with the file that it shows."""

    expansions = {"store": store(), "added_by": person("added_by_id")}

    id = IdField()
    kind_id = IdField()
    kind = serializers.CharField(source="kind.code")
    title = serializers.CharField()
    folder = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(DocumentState.choices)
    store_id = IdField(allow_null=True)
    added_by_id = IdField(allow_null=True)
    added_at = serializers.DateTimeField()
    version = serializers.IntegerField(source="current.number", default=None, allow_null=True)
    file = FileRow(source="current.file", default=None, allow_null=True)
    kept_until = serializers.DateField(source="keeping.kept_until", allow_null=True)
    hold_reason = serializers.CharField()


class DocumentWithRecords(DocumentRow):
    """A document with the records that it belongs to."""

    records = Records(read_only=True)


class DocumentVersionRow(Representation):
    """One version of a document."""

    number = serializers.IntegerField()
    note = serializers.CharField()
    added_by_id = IdField(allow_null=True)
    added_at = serializers.DateTimeField()
    state = serializers.ChoiceField(StoredFile.State.choices, source="file.state")
    refusal = serializers.CharField(
        source="file.get_refusal_display",
        help_text=_("Why it was not accepted, in the caller's language."),
    )
    file = FileRow()


class RequestRow(Representation):
    """One request to the file store."""

    method = serializers.CharField()
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class BegunRow(Representation):
    """A version that waits for its bytes: sent by one request, or in parts."""

    document = DocumentRow()
    version = serializers.IntegerField(source="version.number")
    request = RequestRow(
        source="upload.request",
        allow_null=True,
        help_text=_("Null for a large file, which is sent in parts, and in a repeated answer."),
    )
    part_size = serializers.IntegerField(source="upload.part_size")
    part_count = serializers.IntegerField(source="upload.part_count")


class PartRow(Representation):
    """How one part of a large file is sent."""

    number = serializers.IntegerField()
    request = RequestRow()


class Parts(serializers.ListField):
    child = PartRow()


class PartsRow(Representation):
    """The requests for the parts that were asked for."""

    parts = Parts()


class ArrivedRow(Representation):
    """A part that need not be sent again."""

    number = serializers.IntegerField(source="*")


class LinkRow(Representation):
    """An address that hands out the file for some minutes to whoever has it."""

    url = serializers.CharField(source="*")


# --- What is sent -------------------------------------------------------------------------------


class FileBody(Body):
    name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=1, help_text=_("In bytes."))
    content_type = serializers.CharField(max_length=120, required=False, allow_blank=True)
    sha256 = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text=_("Compared with what arrives.")
    )


def _tags(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=TAG_MOST), max_length=TAGS_MOST, **options
    )


class DocumentBody(FileBody):
    subject = serializers.CharField(max_length=40, help_text=_("Such as crm.customer."))
    subject_id = IdField()
    kind_id = IdField()
    title = serializers.CharField(max_length=TITLE_MOST, required=False, allow_blank=True)
    folder = serializers.CharField(max_length=FOLDER_MOST, required=False, allow_blank=True)
    tags = _tags(required=False)


class VersionBody(FileBody):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class DocumentChange(Body):
    title = serializers.CharField(max_length=TITLE_MOST)
    folder = serializers.CharField(max_length=FOLDER_MOST, allow_blank=True)
    tags = _tags()
    kind_id = IdField()


class PartsBody(Body):
    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10_000), max_length=100
    )


class RecordBody(Body):
    subject = serializers.CharField(max_length=40)
    subject_id = IdField()


class OpenBody(Body):
    number = serializers.IntegerField(
        min_value=1, max_value=32_767, required=False, help_text=_("A version; else the one shown.")
    )
    inline = serializers.BooleanField(required=False)


class DocumentReason(Body):
    reason = serializers.CharField(max_length=300)


class KindBody(Body):
    name_zh = serializers.CharField(max_length=60, allow_blank=True)
    name_en = serializers.CharField(max_length=60, required=False, allow_blank=True)
    types = serializers.ListField(
        child=serializers.ChoiceField(FileType.choices), required=False, max_length=20
    )
    largest_megabytes = serializers.IntegerField(
        min_value=1, max_value=LARGEST_MEGABYTES, required=False
    )
    is_sensitive = serializers.BooleanField(required=False)
    role_codes = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=100
    )
    subjects = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=100
    )
    years_kept = serializers.IntegerField(
        min_value=1, max_value=100, required=False, allow_null=True
    )
    kept_by_law = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    sequence = serializers.IntegerField(min_value=0, max_value=32_767, required=False)


# --- What the operations call -------------------------------------------------------------------


def _of_record(rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
    place = place_of(text)
    record_at(place, actor)
    return rows.filter(links__subject=place.subject, links__subject_id=place.id)


def _versions(actor: Actor, *, document_id: int) -> QuerySet[Any]:
    return versions_of(get_document(document_id=document_id, actor=actor))


def _complete_version(*, document_id: int, number: int, actor: Actor) -> Any:
    actions.complete_version(document_id=document_id, number=number, actor=actor)
    return _version(document_id=document_id, number=number, actor=actor)


def _version(*, document_id: int, number: int, actor: Actor) -> Any:
    document = get_document(document_id=document_id, actor=actor)
    return get_version(document=document, number=number)


def _request_parts(
    *, document_id: int, number: int, numbers: list[int], actor: Actor
) -> dict[str, list[dict[str, int | DirectRequest]]]:
    found = actions.request_parts(
        document_id=document_id, number=number, numbers=numbers, actor=actor
    )
    return {"parts": [{"number": each, "request": found[each]} for each in sorted(found)]}


def _restore(*, document_id: int, number: int, actor: Actor) -> Any:
    actions.restore_version(document_id=document_id, number=number, actor=actor)
    return get_document(document_id=document_id, actor=actor)


def _complete_first(*, document_id: int, actor: Actor) -> Any:
    """The latest version, which for a new document is its first."""
    document = get_document(document_id=document_id, actor=actor)
    latest = versions_of(document).values_list("number", flat=True).first() or 1
    return actions.complete_version(document_id=document_id, number=latest, actor=actor)


def _then_read(action: Any) -> Any:
    """The action, answering the document as it is read afterwards."""

    def run(*, document_id: int, actor: Actor, **values: Any) -> Any:
        action(document_id=document_id, actor=actor, **values)
        return get_document(document_id=document_id, actor=actor)

    return run


def _remove(*, document_id: int, reason: str, actor: Actor) -> Any:
    document = get_document(document_id=document_id, actor=actor)
    actions.remove_document(document_id=document_id, reason=reason, actor=actor)
    return document


def _change_kind(*, document_kind_id: int, actor: Actor, **values: Any) -> Any:
    return actions.change_kind(kind_id=document_kind_id, actor=actor, **values)


def _get_kind(*, document_kind_id: int, actor: Actor) -> Any:
    return get_kind(kind_id=document_kind_id, actor=actor)


def _remove_kind(*, document_kind_id: int, actor: Actor) -> None:
    actions.remove_kind(kind_id=document_kind_id, actor=actor)


# --- Endpoints ----------------------------------------------------------------------------------


class Documents(Endpoint):
    tag = "documents"
    get = page(
        list_documents,
        DocumentRow,
        name="list_documents",
        summary=_("Documents of the records that the caller sees"),
        permission=VIEW,
        filters={
            "q": Filter(
                serializers.CharField(max_length=100),
                matching,
                _("Part of a name, kind, tag, or of the text of the file; two characters do."),
            ),
            "record": Filter(
                serializers.CharField(max_length=60),
                _of_record,
                _("Documents of one record: crm.customer:17."),
                for_actor=True,
            ),
            "kind_id": Filter(IdField(), "kind_id"),
            "state": Filter(serializers.ChoiceField(DocumentState.choices), "state__in", many=True),
            "store_id": Filter(IdField(), "store_id"),
            "folder": Filter(serializers.CharField(max_length=FOLDER_MOST), "folder"),
            "tag": Filter(
                serializers.CharField(max_length=TAG_MOST),
                lambda rows, tag: rows.filter(tags__contains=[tag]),
            ),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        actions.add_document,
        DocumentBody,
        BegunRow,
        name="add_document",
        summary=_("Begin a document of a record"),
        permission=ADD,
        status=201,
        description=SEND_EXACTLY,
        told_once=("request",),
    )


class Document(Endpoint):
    tag = "documents"
    get = record(
        get_document,
        DocumentWithRecords,
        name="get_document",
        summary=_("A document"),
        permission=VIEW,
    )
    patch = change(
        _then_read(actions.change_document),
        DocumentChange,
        DocumentWithRecords,
        get_row=get_document,
        name="change_document",
        summary=_("Rename, move, tag or class a document otherwise"),
        permission=CHANGE,
    )


class Complete(Endpoint):
    tag = "documents"
    post = command(
        _complete_first,
        NoBody,
        DocumentRow,
        name="complete_document",
        summary=_("Say that the bytes of the latest version have been sent"),
        permission=ADD,
        description=_("It is then looked through, and shown once it is accepted."),
    )


class Open(Endpoint):
    tag = "documents"
    post = command(
        actions.open_document,
        OpenBody,
        LinkRow,
        name="open_document",
        summary=_("Get an address that hands out the file"),
        permission=VIEW,
        description=_("Of a sensitive kind it is logged as a look at the document."),
        told_once=("url",),
    )


class Links(Endpoint):
    tag = "documents"
    post = command(
        _then_read(actions.link_document),
        RecordBody,
        DocumentWithRecords,
        name="link_document",
        summary=_("Let a document belong to a further record"),
        permission=CHANGE,
    )


class Unlink(Endpoint):
    tag = "documents"
    post = command(
        _then_read(actions.unlink_document),
        RecordBody,
        DocumentWithRecords,
        name="unlink_document",
        summary=_("Take a document from a record; its last one stays"),
        permission=CHANGE,
    )


class Hold(Endpoint):
    tag = "documents"
    post = command(
        _then_read(actions.set_hold),
        DocumentReason,
        DocumentRow,
        name="hold_document",
        summary=_("Set a legal hold"),
        permission=HOLD,
    )


class Release(Endpoint):
    tag = "documents"
    post = command(
        _then_read(actions.release_hold),
        DocumentReason,
        DocumentRow,
        name="release_document",
        summary=_("Release a legal hold"),
        permission=HOLD,
    )


class Remove(Endpoint):
    tag = "documents"
    post = command(
        _remove,
        DocumentReason,
        DocumentRow,
        name="remove_document",
        summary=_("Remove a document with all its versions"),
        permission=REMOVE,
        description=_("Refused while a hold or its kind's time keeps it. Answers what it was."),
    )


class Versions(Endpoint):
    tag = "documents"
    get = page(
        _versions,
        DocumentVersionRow,
        name="list_document_versions",
        summary=_("The versions of a document"),
        permission=VIEW,
        orderings={"number": "number"},
        default_ordering="-number",
    )
    post = command(
        actions.add_version,
        VersionBody,
        BegunRow,
        name="add_document_version",
        summary=_("Begin the next version of a document"),
        permission=ADD,
        status=201,
        description=SEND_EXACTLY,
        told_once=("request",),
    )


class Version(Endpoint):
    tag = "documents"
    get = record(
        _version,
        DocumentVersionRow,
        name="get_document_version",
        summary=_("A version, and whether it was accepted"),
        permission=VIEW,
    )
    delete = removal(
        actions.abandon_version,
        name="abandon_document_version",
        summary=_("Give up an upload, or clear away what was refused"),
        permission=ADD,
    )


class CompleteVersion(Endpoint):
    tag = "documents"
    post = command(
        _complete_version,
        NoBody,
        DocumentVersionRow,
        name="complete_document_version",
        summary=_("Say that the bytes of a version have been sent"),
        permission=ADD,
    )


class Resume(Endpoint):
    tag = "documents"
    post = command(
        actions.resume_version,
        NoBody,
        BegunRow,
        name="resume_document_version",
        summary=_("Get a fresh request for a version that has not arrived"),
        permission=ADD,
        told_once=("request",),
    )


class VersionParts(Endpoint):
    tag = "documents"
    get = listing(
        actions.arrived_parts,
        ArrivedRow,
        name="list_arrived_parts",
        summary=_("The parts of a large file that have arrived"),
        filters={},
    )
    post = command(
        _request_parts,
        PartsBody,
        PartsRow,
        name="request_parts",
        summary=_("Get the requests that send some parts of a large file"),
        permission=ADD,
        told_once=("parts",),
    )


class Restore(Endpoint):
    tag = "documents"
    post = command(
        _restore,
        NoBody,
        DocumentRow,
        name="restore_document_version",
        summary=_("Show another version that was accepted"),
        permission=CHANGE,
    )


class Kinds(Endpoint):
    tag = "documents"
    get = page(
        list_kinds,
        DocumentKindRow,
        name="list_document_kinds",
        summary=_("Kinds of documents"),
        permission="documents.view_kind",
        filters={"is_active": Filter(serializers.BooleanField(), "is_active")},
        orderings={"id": "id", "sequence": "sequence"},
        default_ordering="sequence",
    )
    post = command(
        actions.add_kind,
        KindBody,
        DocumentKindRow,
        name="add_document_kind",
        summary=_("Add a kind of document"),
        permission="documents.manage_kind",
        status=201,
    )


class Kind(Endpoint):
    tag = "documents"
    get = record(
        _get_kind,
        DocumentKindRow,
        name="get_document_kind",
        summary=_("A kind of document"),
        permission="documents.view_kind",
    )
    patch = change(
        _change_kind,
        KindBody,
        DocumentKindRow,
        get_row=_get_kind,
        name="change_document_kind",
        summary=_("Change a kind of document"),
        permission="documents.manage_kind",
    )
    delete = removal(
        _remove_kind,
        name="remove_document_kind",
        summary=_("Remove a kind that no document is of"),
        permission="documents.manage_kind",
    )
