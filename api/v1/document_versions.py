"""Versions of documents. The bytes go straight to the file store."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing, page, record, removal
from api.fields import IdField, NoBody, Representation
from api.v1.documents import ADD, CHANGE, VIEW, BegunRow, DocumentRow, FileRow
from api.v1.uploads import (
    SEND_EXACTLY,
    ArrivedRow,
    FileBody,
    PartsBody,
    PartsRow,
    requests_of_parts,
)
from apps.documents import actions
from apps.documents.queries.documents import get_document, get_version, versions_of
from forecourt.kernel.access import Actor
from forecourt.kernel.models import StoredFile


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


class VersionBody(FileBody):
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


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
) -> dict[str, Any]:
    found = actions.request_parts(
        document_id=document_id, number=number, numbers=numbers, actor=actor
    )
    return requests_of_parts(found)


def _restore(*, document_id: int, number: int, actor: Actor) -> Any:
    actions.restore_version(document_id=document_id, number=number, actor=actor)
    return get_document(document_id=document_id, actor=actor)


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
