"""Templates of papers, what was made from them, and who signed it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.documents.models.documents import Document
from apps.documents.rules.papers import (
    NAME_MOST,
    NOTE_MOST,
    Language,
    SigningState,
    SigningWay,
    TemplateState,
)
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.crypto.fields import EncryptedTextField

ONE_SIGNATURE = "paper_signature_uq"


class DocumentTemplate(ScopedModel):
    """One version of the text of a paper in a language, for the group, a brand or a store.

    Of the published ones a store's goes before its brand's, before the group's, before the text
    that came with the product. A published version never changes: a change is a new draft.
    """

    State = TemplateState

    access: ClassVar[RowAccess] = RowAccess(view="documents.view_template")

    code = models.CharField(_("Paper"), max_length=60)
    language = models.CharField(_("Language"), max_length=10, choices=Language)
    brand = models.CharField(pgettext_lazy("approval", "Brand"), max_length=60, blank=True)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Store"),
    )
    number = models.PositiveIntegerField(_("Version"))
    state = models.CharField(
        _("State"), max_length=9, choices=TemplateState, default=TemplateState.DRAFT
    )
    text = models.TextField(_("Text"))
    is_sealed = models.BooleanField(_("Sealed"), default=False)
    note = models.CharField(_("Note"), max_length=NOTE_MOST, blank=True)
    changed_by = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    changed_at = models.DateTimeField(_("Changed at"))
    published_at = models.DateTimeField(_("Published at"), null=True)

    class Meta:
        verbose_name = _("Template")
        constraints = [
            models.UniqueConstraint(
                fields=["code", "language", "brand", "store", "number"],
                name="document_template_number_uq",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["code", "language", "brand", "store"],
                condition=Q(state=TemplateState.DRAFT),
                name="document_template_draft_uq",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["code", "language", "brand", "store"],
                condition=Q(state=TemplateState.PUBLISHED),
                name="document_template_published_uq",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(language__in=Language.values), name="document_template_language_ck"
            ),
            models.CheckConstraint(
                condition=Q(brand="") | Q(store__isnull=True), name="document_template_place_ck"
            ),
            models.CheckConstraint(
                condition=Q(state=TemplateState.DRAFT, published_at__isnull=True)
                | Q(
                    state__in=[TemplateState.PUBLISHED, TemplateState.RETIRED],
                    published_at__isnull=False,
                ),
                name="document_template_state_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.language} {self.number}"


class SealCertificate(models.Model):
    """A certificate of the group with its key; the newest seals, all of them verify."""

    certificate = models.TextField()
    key = EncryptedTextField()
    fingerprint = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        verbose_name = _("Certificate of the seal")
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="seal_certificate_uq"),
        ]

    def __str__(self) -> str:
        return self.fingerprint[:16]


class Paper(models.Model):
    """A document that was made from a template, with the fields in it that are to be signed.

    ``sha256`` is that of its newest file: what a signer is shown, and what is sealed in the end.
    ``template`` is empty where the text came with the product.
    """

    document = models.OneToOneField(
        Document, models.CASCADE, primary_key=True, related_name="paper"
    )
    code = models.CharField(max_length=60)
    language = models.CharField(max_length=10, choices=Language)
    template = models.ForeignKey(
        DocumentTemplate, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    fields = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64)
    seal = models.ForeignKey(
        SealCertificate, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    made_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Paper")
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | Q(seal__isnull=False), name="paper_signed_ck"
            ),
        ]

    def __str__(self) -> str:
        return str(self.document)


class SigningRequest(models.Model):
    """A link by which somebody signs one field of a paper on her own telephone, once.

    Of the link only a digest is kept. A request whose time is over stays ``WAITING``; nobody can
    use it any more.
    """

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="requests")
    field = models.CharField(max_length=40)
    name = models.CharField(_("Who signs"), max_length=NAME_MOST)
    state = models.CharField(
        _("State"), max_length=9, choices=SigningState, default=SigningState.WAITING
    )
    token_digest = models.CharField(max_length=64)
    channel = models.CharField(_("Sent by"), max_length=10, blank=True)
    made_by = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    made_at = models.DateTimeField(_("Made at"))
    expires_at = models.DateTimeField(_("Valid until"))
    opened_at = models.DateTimeField(_("Opened at"), null=True)

    class Meta:
        verbose_name = _("Request to sign")
        constraints = [
            models.UniqueConstraint(fields=["token_digest"], name="signing_request_token_uq"),
            models.UniqueConstraint(
                fields=["paper", "field"],
                condition=Q(state=SigningState.WAITING),
                name="signing_request_waiting_uq",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="signing_request_time_ck"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PaperSignature(models.Model):
    """Who signed which field of a paper, how, when, from where, and what she was shown."""

    paper = models.ForeignKey(Paper, models.CASCADE, db_index=False, related_name="signatures")
    field = models.CharField(max_length=40)
    name = models.CharField(_("Name"), max_length=NAME_MOST)
    way = models.CharField(pgettext_lazy("signing", "How"), max_length=6, choices=SigningWay)
    is_drawn = models.BooleanField()
    consent = models.CharField(max_length=300)
    shown_sha256 = models.CharField(max_length=64)
    shown_size = models.PositiveIntegerField()
    signed_at = models.DateTimeField(_("Signed at"))
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=200, blank=True)
    request = models.OneToOneField(
        SigningRequest, models.PROTECT, null=True, related_name="signature"
    )
    witness = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    """Who held the screen for her."""

    class Meta:
        verbose_name = _("Signature")
        constraints = [
            models.UniqueConstraint(fields=["paper", "field"], name=ONE_SIGNATURE),
            models.CheckConstraint(
                condition=Q(way=SigningWay.LINK, request__isnull=False)
                | Q(way=SigningWay.SCREEN, request__isnull=True),
                name="paper_signature_way_ck",
            ),
        ]

    def __str__(self) -> str:
        return self.name
