"""Tags: the group's own words for its customers."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, IdField, Representation
from api.filters import Filter
from api.v1.customers import CustomerRow
from apps.crm import actions, queries
from apps.crm.rules.tags import LONGEST, Tone
from forecourt.kernel.access import Actor

VIEW, MANAGE = "crm.view_customer", "crm.manage_tag"


class TagRow(Representation):
    """A tag. One out of use stays on whom it was put on."""

    id = IdField()
    name = serializers.CharField()
    tone = serializers.ChoiceField(Tone.choices)
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class TagBody(Body):
    name = serializers.CharField(max_length=LONGEST)
    tone = serializers.ChoiceField(Tone.choices, default=Tone.NEUTRAL)


class ChangeTagBody(Body):
    name = serializers.CharField(max_length=LONGEST, required=False)
    tone = serializers.ChoiceField(Tone.choices, required=False)
    is_active = serializers.BooleanField(required=False)


class CustomerTagsBody(Body):
    add = serializers.ListField(child=IdField(), default=list)
    remove = serializers.ListField(child=IdField(), default=list)


def _rows(actor: Actor) -> QuerySet:
    return queries.list_tags(actor)


def _change(*, tag_id: int, actor: Actor, **values: Any) -> Any:
    is_active = values.pop("is_active", None)
    tag = queries.get_tag(tag_id=tag_id, actor=actor)
    if values:
        kept = {"name": tag.name, "tone": tag.tone}
        tag = actions.save_tag(tag_id=tag_id, actor=actor, **{**kept, **values})
    if is_active is not None:
        tag = actions.switch_tag(tag_id=tag_id, is_active=is_active, actor=actor)
    return tag


class Tags(Endpoint):
    tag = "tags"
    get = page(
        _rows,
        TagRow,
        name="list_tags",
        summary=_("Tags"),
        permission=VIEW,
        filters={"is_active": Filter(serializers.BooleanField(), "is_active")},
        orderings={"id": "id", "name": "name"},
        default_ordering="name",
    )
    post = command(
        actions.save_tag,
        TagBody,
        TagRow,
        name="make_tag",
        summary=_("Make a tag"),
        permission=MANAGE,
        status=201,
    )


class Tag(Endpoint):
    tag = "tags"
    get = record(queries.get_tag, TagRow, name="get_tag", summary=_("A tag"), permission=VIEW)
    patch = change(
        _change,
        ChangeTagBody,
        TagRow,
        get_row=queries.get_tag,
        name="change_tag",
        summary=_("Change a tag, or take it out of use"),
        permission=MANAGE,
    )


class CustomerTags(Endpoint):
    tag = "tags"
    get = page(
        queries.tags_on,
        TagRow,
        name="list_customer_tags",
        summary=_("The tags of a customer"),
        permission=VIEW,
        orderings={"name": "name"},
        default_ordering="name",
    )
    post = command(
        actions.tag_customer,
        CustomerTagsBody,
        CustomerRow,
        name="tag_customer",
        summary=_("Put tags on a customer and take others off"),
        permission="crm.tag_customer",
    )
