"""Kinds of documents, with the rules that hold for all documents of one."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record, removal
from api.fields import Body, IdField, Representation
from api.filters import Filter
from apps.documents import actions
from apps.documents.queries.kinds import get_kind, list_kinds
from apps.documents.rules.types import LARGEST_MEGABYTES, FileType
from forecourt.kernel.access import Actor


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


def _change_kind(*, document_kind_id: int, actor: Actor, **values: Any) -> Any:
    return actions.change_kind(kind_id=document_kind_id, actor=actor, **values)


def _get_kind(*, document_kind_id: int, actor: Actor) -> Any:
    return get_kind(kind_id=document_kind_id, actor=actor)


def _remove_kind(*, document_kind_id: int, actor: Actor) -> None:
    actions.remove_kind(kind_id=document_kind_id, actor=actor)


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
