from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, NoBody, Representation
from apps.organisation.actions import archive
from forecourt.kernel.models import Job


class Expiry(serializers.DateTimeField):
    """When the file is removed."""

    def get_attribute(self, job: Job) -> Any:
        return archive.expires_at(job)


class ArchiveRow(Representation):
    """Everything of the group as one file, written in the background."""

    id = IdField()
    state = serializers.ChoiceField(Job.State.choices)
    done_count = serializers.IntegerField()
    total_count = serializers.IntegerField()
    percent = serializers.IntegerField()
    error = serializers.CharField()
    is_locked = serializers.BooleanField(source="params.is_locked")
    expires_at = Expiry(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ArchiveLink(Representation):
    """Where the file is fetched, for some minutes."""

    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


class ArchiveBody(Body):
    confirmation = serializers.CharField(
        max_length=60, help_text=_("The address of the group, to be sure.")
    )
    passphrase = serializers.CharField(
        max_length=200,
        required=False,
        trim_whitespace=False,
        help_text=_("Without it only this platform can import the archive."),
    )


class Archives(Endpoint):
    tag = "group-archives"
    works_when_suspended = True
    works_when_restricted = True
    get = page(
        archive.list_archives,
        ArchiveRow,
        name="list_group_archives",
        summary=_("Archives of the whole group"),
        permission=archive.TAKE_OUT,
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        archive.order_archive,
        ArchiveBody,
        ArchiveRow,
        name="order_group_archive",
        summary=_("Have everything of the group written to one file"),
        permission=archive.TAKE_OUT,
        status=202,
    )


class Archive(Endpoint):
    tag = "group-archives"
    works_when_suspended = True
    works_when_restricted = True
    get = record(
        archive.get_archive,
        ArchiveRow,
        name="get_group_archive",
        summary=_("An archive's progress"),
        permission=archive.TAKE_OUT,
    )


class CancelArchive(Endpoint):
    tag = "group-archives"
    works_when_suspended = True
    works_when_restricted = True
    post = command(
        archive.cancel_archive,
        NoBody,
        ArchiveRow,
        name="cancel_group_archive",
        summary=_("Ask an archive to stop"),
        permission=archive.TAKE_OUT,
    )


class LinkToArchive(Endpoint):
    tag = "group-archives"
    works_when_suspended = True
    works_when_restricted = True
    post = command(
        archive.link_to_archive,
        NoBody,
        ArchiveLink,
        name="link_to_group_archive",
        summary=_("A link for fetching the file, good for some minutes"),
        permission=archive.TAKE_OUT,
    )
