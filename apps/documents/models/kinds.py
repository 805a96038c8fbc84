"""Kinds of documents, whose rules hold for every document of theirs."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.documents.rules.types import LARGEST_MEGABYTES
from forecourt.kernel.access import Actor, RowAccess, ScopedModel
from forecourt.kernel.language import in_active_language
from forecourt.kernel.remembered import Remembered

YEARS_MOST = 100


class DocumentKind(ScopedModel):
    """A kind of document: what it takes, who sees it, how long it is kept.

    ``types`` are kinds of file (none: all), ``subjects`` the records that it is proposed for (none:
    all), ``role_codes`` who sees such documents of the records that she sees (none: everybody who
    sees the record). What is looked at of a sensitive kind is in the audit log. ``kept_by_law``
    says that a person's wish to have her papers erased does not shorten the years.
    """

    access: ClassVar[RowAccess] = RowAccess(view="documents.view_kind")

    code = models.CharField(_("Code"), max_length=30)
    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    types = ArrayField(
        models.CharField(max_length=10), default=list, blank=True, verbose_name=_("Kinds of file")
    )
    largest_megabytes = models.PositiveSmallIntegerField(_("Largest file, MB"), default=50)
    is_sensitive = models.BooleanField(_("Sensitive"), default=False)
    role_codes = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("Seen by")
    )
    subjects = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("Proposed for")
    )
    years_kept = models.PositiveSmallIntegerField(_("Years kept"), null=True, blank=True)
    kept_by_law = models.BooleanField(_("The law has them kept"), default=False)
    is_active = models.BooleanField(_("In use"), default=True)
    sequence = models.PositiveSmallIntegerField(_("Order"), default=0)

    class Meta:
        verbose_name = _("Kind of document")
        constraints = [
            models.UniqueConstraint(fields=["code"], name="document_kind_code_uq"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z][a-z0-9_]*$"), name="document_kind_code_ck"
            ),
            models.CheckConstraint(
                condition=Q(largest_megabytes__range=(1, LARGEST_MEGABYTES)),
                name="document_kind_size_ck",
            ),
            models.CheckConstraint(
                condition=Q(years_kept__isnull=True) | Q(years_kept__range=(1, YEARS_MOST)),
                name="document_kind_years_ck",
            ),
            models.CheckConstraint(
                condition=Q(kept_by_law=False) | Q(years_kept__isnull=False),
                name="document_kind_law_ck",
            ),
        ]
        ordering: ClassVar[list[str]] = ["sequence", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_active_language(self.name_zh, self.name_en)

    def is_seen_by(self, actor: Actor) -> bool:
        """Whether the actor sees such documents of the records that she sees."""
        return actor.is_system or not self.role_codes or bool(self.shown_to & actor.role_codes)

    @property
    def shown_to(self) -> frozenset[str]:
        return frozenset(self.role_codes)


def _read_restricted() -> dict[int, frozenset[str]]:
    rows = DocumentKind.objects.exclude(role_codes=[]).values_list("pk", "role_codes")
    return {pk: frozenset(roles) for pk, roles in rows}


RESTRICTED = Remembered("documents.restricted_kinds", _read_restricted)
"""The roles that see a kind, for the kinds that not everybody sees."""


def _read_names() -> dict[str, tuple[str, str]]:
    rows = DocumentKind.objects.values_list("code", "name_zh", "name_en")
    return {code: (name_zh, name_en) for code, name_zh, name_en in rows}


NAMES = Remembered("documents.kind_names", _read_names)
"""What the kinds are called in Chinese and English, by code."""


def forget_kinds() -> None:
    """In the transaction that adds, changes or removes one."""
    RESTRICTED.forget()
    NAMES.forget()
