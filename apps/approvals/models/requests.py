from __future__ import annotations

from pathlib import PurePosixPath
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.approvals.models.flows import FlowVersion
from apps.approvals.rules.states import DECIDED, ActKind, RequestState, TaskState, Why
from forecourt.kernel.access import RowAccess, ScopedModel
from forecourt.kernel.models import StoredFile

ONE_OPEN_REQUEST = "approval_request_one_open_uq"


class ApprovalRequest(ScopedModel):
    """Something that waits for an approval, or has got its answer.

    ``facts`` are what conditions see, ``payload`` is what the subject's module gave along, both as
    they were when the request was submitted last. ``fingerprint`` is that of the subject then.
    ``round`` counts how often it was submitted.
    """

    State = RequestState

    access: ClassVar[RowAccess] = RowAccess(
        view="approvals.view_request", store=("store_id",), owner=("submitter_id",)
    )

    kind = models.CharField(_("Kind"), max_length=60)
    subject_id = models.BigIntegerField(null=True)
    version = models.ForeignKey(
        FlowVersion, models.PROTECT, db_index=False, related_name="requests"
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
    submitter = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Submitted by"),
    )
    title = models.CharField(_("Subject"), max_length=200)
    text = models.CharField(_("Description"), max_length=2000, blank=True)
    amount = models.DecimalField(
        _("Amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    facts = models.JSONField(default=dict)
    payload = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)
    state = models.CharField(
        _("State"), max_length=9, choices=RequestState, default=RequestState.PENDING
    )
    round = models.PositiveSmallIntegerField(default=1)
    step_index = models.PositiveSmallIntegerField(default=0)
    submitted_at = models.DateTimeField(_("Submitted at"))
    closed_at = models.DateTimeField(_("Closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("Approval")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=Q(state__in=["PENDING", "RETURNED"], subject_id__isnull=False),
                name=ONE_OPEN_REQUEST,
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PENDING", "RETURNED"], closed_at__isnull=True)
                | Q(state__in=["APPROVED", "REJECTED", "WITHDRAWN"], closed_at__isnull=False),
                name="approval_request_state_ck",
            ),
        ]
        indexes = [
            models.Index(fields=["submitter", "-id"], name="approval_submitter_idx"),
            models.Index(fields=["store", "-id"], name="approval_store_idx"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_pending(self) -> bool:
        return self.state == RequestState.PENDING


class ApprovalTask(ScopedModel):
    """One person who is asked to decide one step of one request.

    Tasks that share a ``seat`` stand for one another: the first approval counts for all of them. A
    step that any one may pass has one seat, a step that needs all has a seat for each; whoever is
    asked in place of somebody, or as well, sits on the same seat.
    """

    State = TaskState

    access: ClassVar[RowAccess] = RowAccess(
        view="approvals.view_request", owner=("approver_id", "decided_by_id")
    )

    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="tasks")
    round = models.PositiveSmallIntegerField()
    step_index = models.PositiveSmallIntegerField()
    seat = models.PositiveSmallIntegerField()
    approver = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, db_index=False, related_name="+"
    )
    stands_for = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    why = models.CharField(max_length=10, choices=Why)
    why_detail = models.CharField(max_length=80, blank=True)
    state = models.CharField(_("State"), max_length=9, choices=TaskState, default=TaskState.WAITING)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(_("Due"), null=True)
    next_at = models.DateTimeField(null=True)
    """When the clock has something to do about it: remind, or say that it is late."""
    reminded_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "round", "step_index", "seat", "approver"],
                condition=Q(state="WAITING"),
                name="approval_task_once_uq",
            ),
            # Two who press at the same second: one of them decides for the seat.
            models.UniqueConstraint(
                fields=["request", "round", "step_index", "seat"],
                condition=Q(state__in=["APPROVED", "REJECTED", "RETURNED"]),
                name="approval_task_one_decision_uq",
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(DECIDED), decided_at__isnull=False)
                | (~Q(state__in=list(DECIDED)) & Q(decided_at__isnull=True)),
                name="approval_task_decided_ck",
            ),
        ]
        indexes = [
            models.Index(
                fields=["approver", "request"],
                condition=Q(state="WAITING"),
                name="approval_task_waiting_idx",
            ),
            models.Index(
                fields=["next_at"],
                condition=Q(state="WAITING", next_at__isnull=False),
                name="approval_task_clock_idx",
            ),
            models.Index(fields=["decided_by", "request"], name="approval_task_decided_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}.{self.round}.{self.step_index}: {self.approver_id}"


class ApprovalAct(models.Model):
    """The record of a request: who did what, when, for whom. Append-only.

    A file that was added is an act as well. ``stored_name`` is where files lay before they came
    straight to the file store; ``old_file_key`` names what became of such a one.
    """

    append_only = True
    Kind = ActKind

    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=11, choices=ActKind)
    happened_at = models.DateTimeField()
    round = models.PositiveSmallIntegerField()
    step_index = models.PositiveSmallIntegerField(null=True)
    actor = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    actor_name = models.CharField(max_length=150)
    for_name = models.CharField(pgettext_lazy("approval", "For"), max_length=150, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file = models.OneToOneField(StoredFile, models.PROTECT, null=True, related_name="+")
    stored_name = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="ATTACHED", file__isnull=False, stored_name="")
                | (Q(kind="ATTACHED", file__isnull=True) & ~Q(stored_name=""))
                | (~Q(kind="ATTACHED") & Q(file__isnull=True)),
                name="approval_act_has_file_ck",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind}"

    @property
    def old_file_key(self) -> str:
        return PurePosixPath(self.stored_name).stem
