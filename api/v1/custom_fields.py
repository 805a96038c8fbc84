from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.actions import (
    MANAGE,
    add_field,
    change_field,
    change_kind,
    restore_field,
    retire_field,
)
from forecourt.kernel.custom_fields.definition import Kind
from forecourt.kernel.custom_fields.queries import get_field, list_fields


class CustomFieldRow(Representation):
    """A field that the group has added."""

    id = IdField()
    host = serializers.CharField(help_text=_("What it belongs to, such as customer."))
    code = serializers.CharField(help_text=_("Its name in `custom`; never changes."))
    kind = serializers.ChoiceField(Kind.choices)
    label_zh = serializers.CharField()
    label_en = serializers.CharField()
    help_zh = serializers.CharField()
    help_en = serializers.CharField()
    section_zh = serializers.CharField()
    section_en = serializers.CharField()
    sequence = serializers.IntegerField(help_text=_("Its place on the form."))
    is_required = serializers.BooleanField()
    default = serializers.JSONField(allow_null=True)
    options = serializers.DictField(
        help_text=_("By kind: max_length, pattern, places, min, max, max_megabytes, choices.")
    )
    is_unique = serializers.BooleanField()
    is_indexed = serializers.BooleanField()
    index_state = serializers.CharField(
        help_text=_("READY; BUILDING while values are being indexed; else empty.")
    )
    is_searchable = serializers.BooleanField()
    visible_to_roles = serializers.ListField(child=serializers.CharField())
    editable_by_roles = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()


class FieldBody(Body):
    label_zh = serializers.CharField(max_length=60, required=False, allow_blank=True)
    label_en = serializers.CharField(max_length=60, required=False, allow_blank=True)
    help_zh = serializers.CharField(max_length=200, required=False, allow_blank=True)
    help_en = serializers.CharField(max_length=200, required=False, allow_blank=True)
    section_zh = serializers.CharField(max_length=60, required=False, allow_blank=True)
    section_en = serializers.CharField(max_length=60, required=False, allow_blank=True)
    is_required = serializers.BooleanField(required=False)
    default = serializers.JSONField(required=False, allow_null=True)
    options = serializers.DictField(required=False)
    is_unique = serializers.BooleanField(required=False)
    is_indexed = serializers.BooleanField(required=False)
    is_searchable = serializers.BooleanField(required=False)
    visible_to_roles = serializers.ListField(child=serializers.CharField(), required=False)
    editable_by_roles = serializers.ListField(child=serializers.CharField(), required=False)


class NewFieldBody(FieldBody):
    host = serializers.CharField(max_length=30)
    code = serializers.CharField(max_length=40)
    kind = serializers.ChoiceField(Kind.choices)


class FieldKindBody(Body):
    kind = serializers.ChoiceField(Kind.choices)
    options = serializers.DictField(required=False)


class FieldKindRow(Representation):
    """A change of kind: done, or under way as a job."""

    field_id = IdField()
    job_id = IdField(allow_null=True)


def _change_kind(*, field_id: int, actor: Actor, **wanted: Any) -> Any:
    job = change_kind(field_id=field_id, actor=actor, **wanted)
    return _KindChange(field_id, job.pk if job else None)


class _KindChange:
    def __init__(self, field_id: int, job_id: int | None) -> None:
        self.field_id, self.job_id = field_id, job_id


class CustomFields(Endpoint):
    tag = "custom-fields"
    get = page(
        list_fields,
        CustomFieldRow,
        name="list_custom_fields",
        summary=_("Custom fields"),
        permission=MANAGE,
        filters={
            "host": Filter(serializers.CharField(), "host"),
            "is_active": Filter(serializers.BooleanField(), "is_active"),
        },
        orderings={"id": "id", "sequence": "sequence"},
        default_ordering="id",
    )
    post = command(
        add_field,
        NewFieldBody,
        CustomFieldRow,
        name="add_custom_field",
        summary=_("Add a custom field"),
        permission=MANAGE,
        status=201,
    )


class CustomField(Endpoint):
    tag = "custom-fields"
    get = record(
        get_field,
        CustomFieldRow,
        name="get_custom_field",
        summary=_("A custom field"),
        permission=MANAGE,
    )
    patch = change(
        change_field,
        FieldBody,
        CustomFieldRow,
        get_row=get_field,
        name="change_custom_field",
        summary=_("Change a custom field"),
        permission=MANAGE,
    )


class ChangeKind(Endpoint):
    tag = "custom-fields"
    post = command(
        _change_kind,
        FieldKindBody,
        FieldKindRow,
        name="change_custom_field_kind",
        summary=_("Turn a custom field into another kind, its values with it"),
        description=_("Refused while a value makes no sense in the new kind."),
        permission=MANAGE,
    )


class Retire(Endpoint):
    tag = "custom-fields"
    post = command(
        retire_field,
        NoBody,
        CustomFieldRow,
        name="retire_custom_field",
        summary=_("Hide a custom field; its values stay"),
        permission=MANAGE,
    )


class Restore(Endpoint):
    tag = "custom-fields"
    post = command(
        restore_field,
        NoBody,
        CustomFieldRow,
        name="restore_custom_field",
        summary=_("Bring a retired custom field back"),
        permission=MANAGE,
    )
