from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.approvals.rules.states import OnReturn, VersionState
from apps.approvals.rules.steps import Step, steps_from
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.language import in_active_language


class Named(models.Model):
    """Something that a group names in both languages; either may be left to the other."""

    name_zh = models.CharField(_("Chinese name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_active_language(self.name_zh, self.name_en)


class RequestKind(Named, ScopedModel):
    """A kind of request that a group added: use of a seal, a gift, whatever has no module."""

    access: ClassVar[RowAccess] = RowAccess(view="approvals.view_request")

    code = models.CharField(max_length=30)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        verbose_name = _("Kind of request")
        constraints = [models.UniqueConstraint(fields=["code"], name="request_kind_code_uq")]

    @property
    def kind(self) -> str:
        """How flows and requests name it."""
        return f"request.{self.code}"


class ApprovalFlow(Named, ScopedModel):
    """How subjects of a kind are approved, for a part of the group.

    Of the flows that fit a subject the most specific one applies: its store's before its brand's,
    before its region's, before the group's.
    """

    access: ClassVar[RowAccess] = RowAccess(view="approvals.view_flow", store=("store_id",))

    kind = models.CharField(_("Kind"), max_length=60)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Store"),
    )
    region = models.ForeignKey(
        "organisation.Region",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Region"),
    )
    brand = models.CharField(pgettext_lazy("approval", "Brand"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("Approval flow")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "store", "region", "brand"],
                name="approval_flow_place_uq",
                nulls_distinct=False,
            ),
        ]


class FlowVersion(models.Model):
    """The steps of a flow. A published version never changes: requests keep the one they began
    with, and a change is a new version."""

    State = VersionState

    flow = models.ForeignKey(ApprovalFlow, models.PROTECT, db_index=False, related_name="versions")
    number = models.PositiveIntegerField(_("Version"))
    state = models.CharField(
        _("State"), max_length=9, choices=VersionState, default=VersionState.DRAFT
    )
    on_return = models.CharField(
        _("After a change"), max_length=8, choices=OnReturn, default=OnReturn.RESTART
    )
    steps = models.JSONField(default=list)
    changed_at = models.DateTimeField()
    changed_by_id = models.BigIntegerField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = _("Version of a flow")
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="flow_version_number_uq"),
            models.UniqueConstraint(
                fields=["flow"], condition=Q(state="DRAFT"), name="flow_version_one_draft_uq"
            ),
            models.UniqueConstraint(
                fields=["flow"],
                condition=Q(state="PUBLISHED"),
                name="flow_version_one_published_uq",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT", published_at__isnull=True)
                | Q(state__in=["PUBLISHED", "RETIRED"], published_at__isnull=False),
                name="flow_version_state_ck",
            ),
            models.CheckConstraint(
                condition=Q(on_return__in=["RESTART", "CONTINUE"]), name="flow_version_return_ck"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow_id}/{self.number}"

    @property
    def steps_in_order(self) -> list[Step]:
        return steps_from(self.steps)
