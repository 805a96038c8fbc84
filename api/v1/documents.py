"""Documents. The bytes go straight to the file store and come from there."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, Handler, change, command, page, record
from api.fields import Body, IdField, NoBody, Representation, actor_asking
from api.filters import Filter
from api.v1.staff import person
from api.v1.stores import store
from api.v1.uploads import SEND_EXACTLY, FileBody, LinkRow, RequestRow
from apps.documents import actions
from apps.documents.queries.documents import (
    get_document,
    list_documents,
    matching,
    records_of,
    versions_of,
)
from apps.documents.queries.records import place_of, record_at
from apps.documents.rules.naming import FOLDER_MOST, TAG_MOST, TAGS_MOST, TITLE_MOST
from apps.documents.rules.states import DocumentState
from forecourt.kernel.access import Actor
from forecourt.kernel.models import StoredFile

VIEW = "documents.view_document"
ADD = "documents.add_document"
CHANGE = "documents.change_document"
REMOVE = "documents.remove_document"
HOLD = "documents.hold_document"


# --- What is answered ---------------------------------------------------------------------------


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


# --- What is sent -------------------------------------------------------------------------------


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


class DocumentChange(Body):
    title = serializers.CharField(max_length=TITLE_MOST)
    folder = serializers.CharField(max_length=FOLDER_MOST, allow_blank=True)
    tags = _tags()
    kind_id = IdField()


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


# --- What the operations call -------------------------------------------------------------------


def _of_record(rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
    place = place_of(text)
    record_at(place, actor)
    return rows.filter(links__subject=place.subject, links__subject_id=place.id)


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


def _act(
    action: Callable[..., Any],
    body: type[Body],
    name: str,
    summary: Any,
    permission: str,
    *,
    answer: type[Representation] = DocumentRow,
    **described: Any,
) -> Handler:
    """POST of something that is done to a document."""
    return command(
        action, body, answer, name=name, summary=summary, permission=permission, **described
    )


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
    post = _act(
        _then_read(actions.link_document),
        RecordBody,
        "link_document",
        _("Let a document belong to a further record"),
        CHANGE,
        answer=DocumentWithRecords,
    )


class Unlink(Endpoint):
    tag = "documents"
    post = _act(
        _then_read(actions.unlink_document),
        RecordBody,
        "unlink_document",
        _("Take a document from a record; its last one stays"),
        CHANGE,
        answer=DocumentWithRecords,
    )


class Hold(Endpoint):
    tag = "documents"
    post = _act(
        _then_read(actions.set_hold),
        DocumentReason,
        "hold_document",
        _("Set a legal hold"),
        HOLD,
    )


class Release(Endpoint):
    tag = "documents"
    post = _act(
        _then_read(actions.release_hold),
        DocumentReason,
        "release_document",
        _("Release a legal hold"),
        HOLD,
    )


class Remove(Endpoint):
    tag = "documents"
    post = _act(
        _remove,
        DocumentReason,
        "remove_document",
        _("Remove a document with all its versions"),
        REMOVE,
        description=_("Refused while a hold or its kind's time keeps it. Answers what it was."),
    )
