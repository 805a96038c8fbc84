"""Documents, their versions, and the records that they belong to."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.documents.models.kinds import DocumentKind
from apps.documents.models.sight import DocumentQuerySet
from apps.documents.rules.keeping import Keeping
from apps.documents.rules.naming import FOLDER_MOST, TAG_MOST, TITLE_MOST
from apps.documents.rules.states import DocumentState
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.models import StoredFile


class Document(ScopedModel):
    """A paper of one or several records, whichever version it stands at.

    ``current`` is the version that is shown, none until one has been looked through. ``store`` is
    that of the first record when the document came. ``search_text`` and ``grams`` hold title,
    folder, tags, the name of the file and the beginning of its text.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="documents.view_document", store=("store_id",), owner=("added_by_id",)
    )
    objects: ClassVar[models.Manager] = models.Manager.from_queryset(DocumentQuerySet)()

    kind = models.ForeignKey(
        DocumentKind, models.PROTECT, related_name="documents", verbose_name=_("Kind of document")
    )
    title = models.CharField(_("Title"), max_length=TITLE_MOST)
    folder = models.CharField(_("Folder"), max_length=FOLDER_MOST, blank=True)
    tags = ArrayField(
        models.CharField(max_length=TAG_MOST), default=list, blank=True, verbose_name=_("Tags")
    )
    state = models.CharField(
        _("State"), max_length=8, choices=DocumentState, default=DocumentState.CHECKING
    )
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Store"),
    )
    current = models.OneToOneField(
        "documents.DocumentVersion", models.PROTECT, null=True, related_name="+"
    )
    added_by = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Added by"),
    )
    added_at = models.DateTimeField(_("Added at"))
    hold_reason = models.CharField(_("Legal hold"), max_length=300, blank=True)
    held_at = models.DateTimeField(null=True)
    search_text = models.TextField(blank=True)
    grams = ArrayField(models.TextField(), default=list)

    class Meta:
        verbose_name = _("Document")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DocumentState.READY, current__isnull=False)
                | Q(
                    state__in=(DocumentState.CHECKING, DocumentState.REFUSED), current__isnull=True
                ),
                name="document_state_ck",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, hold_reason="")
                | (Q(held_at__isnull=False) & ~Q(hold_reason="")),
                name="document_hold_ck",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="document_title_ck"),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="document_store_idx"),
            GinIndex(fields=["grams"], name="document_grams_idx", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_held(self) -> bool:
        return self.held_at is not None

    @cached_property
    def keeping(self) -> Keeping:
        """How long it is kept, by its kind as it stands now."""
        return Keeping(
            added_at=self.added_at,
            added_on=timezone.localtime(self.added_at).date(),
            years_kept=self.kind.years_kept,
            kept_by_law=self.kind.kept_by_law,
            hold_reason=self.hold_reason,
        )


class DocumentVersion(models.Model):
    """One file of a document. Numbers count from 1 and are never given again."""

    document = models.ForeignKey(Document, models.CASCADE, db_index=False, related_name="versions")
    number = models.PositiveSmallIntegerField(_("Version"))
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")
    note = models.CharField(_("Note"), max_length=200, blank=True)
    added_by = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Version")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "number"], name="document_version_number_uq"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="document_version_number_ck"),
        ]

    def __str__(self) -> str:
        return f"{self.document} ({self.number})"


class DocumentLink(models.Model):
    """A record that a document belongs to; ``subject`` is the code of its kind of record.

    ``merged_from`` is the record that was merged into this one and brought the document along.
    """

    document = models.ForeignKey(Document, models.CASCADE, related_name="links")
    subject = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    merged_from = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("Link of a document")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "document"], name="document_link_uq"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}"
