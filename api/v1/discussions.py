from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing
from api.fields import Body, IdField, Representation
from api.filters import Filter
from apps.discussions.actions import write_post
from apps.discussions.queries import TAKE_PART, thread
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid

SUBJECT = _("What is discussed: crm.lead, crm.opportunity, crm.customer, vehicles.stock_unit, …")


class DiscussionPostRow(Representation):
    """Something said about a record."""

    id = IdField()
    subject = serializers.CharField()
    record_id = IdField()
    author_id = IdField(allow_null=True)
    text = serializers.CharField()
    mention_ids = serializers.ListField(child=IdField(), source="mentioned_ids")
    created_at = serializers.DateTimeField()


class DiscussionPostBody(Body):
    subject = serializers.CharField(max_length=40, help_text=SUBJECT)
    record_id = IdField()
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    mention_ids = serializers.ListField(
        child=IdField(),
        required=False,
        help_text=_("People who are told; whoever may not see the record is refused."),
    )
    file_ids = serializers.ListField(
        child=IdField(), required=False, help_text=_("Of files that were uploaded.")
    )


def read_thread(*, actor: Actor, subject: str = "", record_id: int | None = None) -> Iterable[Any]:
    """Raises Invalid without a record, NotFound, NotPermitted."""
    actor.require(TAKE_PART)
    if not subject or record_id is None:
        raise Invalid(_("Name the record: subject and record_id."), field="subject")
    return thread(subject=subject, record_id=record_id, actor=actor)


class Discussions(Endpoint):
    tag = "discussions"
    get = listing(
        read_thread,
        DiscussionPostRow,
        name="list_discussion",
        summary=_("What was said about a record, the newest first"),
        filters={
            "subject": Filter(serializers.CharField(max_length=40), description=SUBJECT),
            "record_id": Filter(IdField()),
        },
    )
    post = command(
        write_post,
        DiscussionPostBody,
        DiscussionPostRow,
        name="write_post",
        summary=_("Say something about a record"),
        permission=TAKE_PART,
        status=201,
    )
