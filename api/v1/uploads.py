"""Files on their way straight to the file store: announced, sent, complete.

A record takes such a file by its identifier; documents announce theirs themselves and use the same
rows.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing, record, removal
from api.fields import Body, IdField, NoBody, Representation
from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.files import link_of
from forecourt.kernel.files.own import begin_own_upload, get_own_upload
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import DirectRequest

SEND_EXACTLY = _(
    "Send the bytes with exactly this method, address and these headers, then complete it."
)


# --- What is answered ---------------------------------------------------------------------------


class RequestRow(Representation):
    """One request to the file store."""

    method = serializers.CharField()
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


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


class ArrivedUploadRow(ArrivedRow):
    """A part of an upload that need not be sent again."""


class LinkRow(Representation):
    """An address that hands out the file for some minutes to whoever has it."""

    url = serializers.CharField(source="*")


class UploadRow(Representation):
    """A file that was announced, and what became of it."""

    id = IdField()
    purpose = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text=_("In bytes."))
    content_type = serializers.CharField()
    state = serializers.ChoiceField(StoredFile.State.choices)
    refusal = serializers.ChoiceField(StoredFile.Refusal.choices, allow_blank=True)


class BegunUploadRow(Representation):
    """An upload that waits for its bytes: sent by one request, or in parts."""

    file = UploadRow()
    request = RequestRow(
        allow_null=True,
        help_text=_("Null for a large file, which is sent in parts, and in a repeated answer."),
    )
    part_size = serializers.IntegerField()
    part_count = serializers.IntegerField()


# --- What is sent -------------------------------------------------------------------------------


class FileBody(Body):
    name = serializers.CharField(max_length=255)
    size = serializers.IntegerField(min_value=1, help_text=_("In bytes."))
    content_type = serializers.CharField(max_length=120, required=False, allow_blank=True)
    sha256 = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text=_("Compared with what arrives.")
    )


class PartsBody(Body):
    numbers = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=10_000), max_length=100
    )


class UploadBegin(FileBody):
    purpose = serializers.CharField(
        max_length=60, help_text=_("Such as approvals.attachment or custom_fields.file.")
    )


# --- What the operations call -------------------------------------------------------------------


def requests_of_parts(found: Mapping[int, DirectRequest]) -> dict[str, list[dict[str, Any]]]:
    return {"parts": [{"number": each, "request": found[each]} for each in sorted(found)]}


def _resume(*, upload_id: int, actor: Actor) -> files.Upload:
    return files.resume_upload(file=get_own_upload(upload_id=upload_id, actor=actor))


def _complete(*, upload_id: int, actor: Actor) -> StoredFile:
    return files.complete_upload(file=get_own_upload(upload_id=upload_id, actor=actor))


def _abandon(*, upload_id: int, actor: Actor) -> None:
    files.abandon_upload(file=get_own_upload(upload_id=upload_id, actor=actor))


def _arrived(*, upload_id: int, actor: Actor) -> list[int]:
    return files.arrived_parts(file=get_own_upload(upload_id=upload_id, actor=actor))


def _request_parts(*, upload_id: int, numbers: list[int], actor: Actor) -> dict[str, Any]:
    file = get_own_upload(upload_id=upload_id, actor=actor)
    return requests_of_parts(files.request_parts(file=file, numbers=numbers))


# --- Endpoints ----------------------------------------------------------------------------------


class Uploads(Endpoint):
    tag = "uploads"
    post = command(
        begin_own_upload,
        UploadBegin,
        BegunUploadRow,
        name="begin_upload",
        summary=_("Announce a file that a record is to take"),
        permission=None,
        status=201,
        description=SEND_EXACTLY,
        told_once=("request",),
    )


class Upload(Endpoint):
    tag = "uploads"
    get = record(
        get_own_upload,
        UploadRow,
        name="get_upload",
        summary=_("An upload of one's own"),
        permission=None,
    )
    delete = removal(
        _abandon, name="abandon_upload", summary=_("Give an upload up"), permission=None
    )


class ResumeUpload(Endpoint):
    tag = "uploads"
    post = command(
        _resume,
        NoBody,
        BegunUploadRow,
        name="resume_upload",
        summary=_("Get a fresh request for an upload that has not arrived"),
        permission=None,
        told_once=("request",),
    )


class CompleteUpload(Endpoint):
    tag = "uploads"
    post = command(
        _complete,
        NoBody,
        UploadRow,
        name="complete_upload",
        summary=_("Say that the bytes of an upload have been sent"),
        permission=None,
    )


class UploadParts(Endpoint):
    tag = "uploads"
    get = listing(
        _arrived,
        ArrivedUploadRow,
        name="list_arrived_upload_parts",
        summary=_("The parts of an upload that have arrived"),
        filters={},
    )
    post = command(
        _request_parts,
        PartsBody,
        PartsRow,
        name="request_upload_parts",
        summary=_("Get the requests that send some parts of an upload"),
        permission=None,
        told_once=("parts",),
    )


class OpenCustomFile(Endpoint):
    tag = "custom-fields"
    post = command(
        link_of,
        NoBody,
        LinkRow,
        name="open_custom_file",
        summary=_("Get an address that hands out the file of a custom field"),
        permission=None,
        told_once=("url",),
    )
