"""Templates of papers, papers made from them, and who signs."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, listing, page, record, removal
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from api.v1.documents import DocumentRow
from apps.documents import actions, papers
from apps.documents.queries.papers import FieldState, fields_of, get_paper
from apps.documents.queries.templates import MANAGE, VIEW, get_template, list_templates
from apps.documents.rules.papers import NAME_MOST, NOTE_MOST, Language, TemplateState
from forecourt.kernel.access import Actor
from forecourt.kernel.papers.templates import LONGEST_TEMPLATE

SIGN = "documents.sign_paper"


class PlaceholderRow(Representation):
    code = serializers.CharField()
    label = serializers.CharField()


class PaperKindRow(Representation):
    """A paper that can be made of records of one kind, and what its texts may name."""

    code = serializers.CharField()
    label = serializers.CharField()
    subject = serializers.CharField(help_text=_("The kind of record, such as crm.customer."))
    placeholders = PlaceholderRow(source="words.placeholders", many=True)
    signers = PlaceholderRow(source="words.signers", many=True)


class TemplateRow(Representation):
    """One version of a text."""

    id = IdField()
    code = serializers.CharField()
    language = serializers.ChoiceField(Language.choices)
    brand = serializers.CharField()
    store_id = IdField(allow_null=True)
    number = serializers.IntegerField()
    state = serializers.ChoiceField(TemplateState.choices)
    is_sealed = serializers.BooleanField()
    note = serializers.CharField()
    changed_by_id = IdField(allow_null=True)
    changed_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)


class TemplateWithText(TemplateRow):
    text = serializers.CharField()


class SignatureFieldRow(Representation):
    """A field of a paper, and what has become of it."""

    code = serializers.CharField()
    label = serializers.CharField()
    name = serializers.SerializerMethodField()
    signed_at = serializers.SerializerMethodField()
    shown_sha256 = serializers.SerializerMethodField()
    waits_until = serializers.SerializerMethodField()

    def get_name(self, field: FieldState) -> str:
        return field.signature.name if field.signature else ""

    def get_signed_at(self, field: FieldState) -> str | None:
        return field.signature.signed_at.isoformat() if field.signature else None

    def get_shown_sha256(self, field: FieldState) -> str:
        return field.signature.shown_sha256 if field.signature else ""

    def get_waits_until(self, field: FieldState) -> str | None:
        return field.request.expires_at.isoformat() if field.request else None


class SigningLinkRow(Representation):
    """A link that was made; its address is answered this once."""

    id = IdField(source="request.id")
    expires_at = serializers.DateTimeField(source="request.expires_at")
    url = serializers.CharField()


class TemplateBody(Body):
    code = serializers.CharField(max_length=60)
    language = serializers.ChoiceField(Language.choices)
    brand = serializers.CharField(max_length=60, required=False, allow_blank=True)
    store_id = IdField(required=False, allow_null=True)
    text = serializers.CharField(max_length=LONGEST_TEMPLATE, trim_whitespace=False)
    is_sealed = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=NOTE_MOST, required=False, allow_blank=True)


class PaperBody(Body):
    code = serializers.CharField(max_length=60)
    subject_id = IdField()
    language = serializers.ChoiceField(Language.choices)


class SigningLinkBody(Body):
    field = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=NAME_MOST)
    channel = serializers.ChoiceField(["", "sms", "email"], required=False, allow_blank=True)


def _list_kinds(actor: Actor) -> list[papers.PaperKind]:
    actor.require("documents.view_document")
    return papers.declared_papers()


def _list_fields(actor: Actor, *, document_id: int) -> list[FieldState]:
    return fields_of(get_paper(document_id=document_id, actor=actor))


def _ask(*, document_id: int, actor: Actor, **values: Any) -> dict[str, Any]:
    request, url = actions.request_signature(document_id=document_id, actor=actor, **values)
    return {"request": request, "url": url}


class PaperKinds(Endpoint):
    tag = "documents"
    get = listing(
        _list_kinds,
        PaperKindRow,
        name="list_paper_kinds",
        summary=_("What papers can be made of which records"),
        filters={},
    )


class Papers(Endpoint):
    tag = "documents"
    post = command(
        actions.make_paper,
        PaperBody,
        DocumentRow,
        name="make_paper",
        summary=_("Make a paper of a record"),
        permission="documents.add_document",
        status=201,
    )


class SignatureFields(Endpoint):
    tag = "documents"
    get = listing(
        _list_fields,
        SignatureFieldRow,
        name="list_signature_fields",
        summary=_("The fields of a paper and who has signed them"),
        filters={},
    )


class SigningLinks(Endpoint):
    tag = "documents"
    post = command(
        _ask,
        SigningLinkBody,
        SigningLinkRow,
        name="request_signature",
        summary=_("Make a link to sign a field of a paper"),
        permission=SIGN,
        status=201,
        told_once=("url",),
    )


class Templates(Endpoint):
    tag = "document-templates"
    get = page(
        list_templates,
        TemplateRow,
        name="list_document_templates",
        summary=_("Versions of the texts of papers"),
        permission=VIEW,
        filters={
            "code": Filter(serializers.CharField(max_length=60), "code"),
            "language": Filter(serializers.ChoiceField(Language.choices), "language"),
            "state": Filter(serializers.ChoiceField(TemplateState.choices), "state"),
            "store_id": Filter(IdField(), "store_id"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        actions.save_template,
        TemplateBody,
        TemplateWithText,
        name="save_document_template",
        summary=_("Write the draft of a text"),
        permission=MANAGE,
        status=201,
    )


class Template(Endpoint):
    tag = "document-templates"
    get = record(
        get_template,
        TemplateWithText,
        name="get_document_template",
        summary=_("A version with its text"),
        permission=VIEW,
    )
    delete = removal(
        actions.discard_template,
        name="discard_document_template",
        summary=_("Discard a draft"),
        permission=MANAGE,
    )


class Publish(Endpoint):
    tag = "document-templates"
    post = command(
        actions.publish_template,
        NoBody,
        TemplateWithText,
        name="publish_document_template",
        summary=_("Let a draft hold from now on"),
        permission=MANAGE,
    )


class RestoreTemplate(Endpoint):
    tag = "document-templates"
    post = command(
        actions.restore_template,
        NoBody,
        TemplateWithText,
        name="restore_document_template",
        summary=_("Take an earlier text as the draft"),
        permission=MANAGE,
    )


class Retire(Endpoint):
    tag = "document-templates"
    post = command(
        actions.retire_template,
        NoBody,
        TemplateWithText,
        name="retire_document_template",
        summary=_("Withdraw a published text"),
        permission=MANAGE,
    )
