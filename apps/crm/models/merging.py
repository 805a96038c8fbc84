"""Customers who may be one person, and what was made of them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.crm.models.customers import Customer
from apps.crm.rules.duplicates import Evidence, PairState
from forecourt.kernel.access import RowAccess, ScopedModel


class DuplicatePair(ScopedModel):
    """Two customers that may be one person; ``first`` is the older row.

    ``percent`` says how much speaks for it (50 at the threshold, 100 for certain), ``evidence``
    what. A pair that somebody has dismissed stays, so that it is not brought up again. Whoever may
    merge both sees it; the access says so of ``first``.
    """

    access: ClassVar[RowAccess] = RowAccess(
        view="crm.merge_customer", store=("first__home_store_id",), owner=("first__owner_id",)
    )

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    percent = models.PositiveSmallIntegerField()
    evidence = ArrayField(models.CharField(max_length=14, choices=[(e, e) for e in Evidence]))
    state = models.CharField(max_length=9, choices=PairState, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_uq"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_order_ck"
            ),
            models.CheckConstraint(
                condition=Q(state__in=PairState.values), name="duplicate_pair_state_ck"
            ),
            models.CheckConstraint(
                condition=Q(percent__range=(50, 100)), name="duplicate_pair_percent_ck"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-percent", "-id"],
                condition=Q(state=PairState.OPEN),
                name="duplicate_pair_open_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}? {self.percent} %"


class CustomerMerge(models.Model):
    """One customer put into another, with what it takes to take that back.

    ``moved`` names by model the rows that hung on the merged one; ``changed`` the kept one's values
    before and after; ``closed`` what was closed because both had it open.
    """

    kept = models.ForeignKey(Customer, models.PROTECT, related_name="merges", db_index=False)
    merged = models.ForeignKey(Customer, models.PROTECT, related_name="+", db_index=False)
    moved = models.JSONField(default=dict)
    changed = models.JSONField(default=dict)
    closed = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at=None), name="customer_merge_uq"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="customer_merge_differ_ck"),
        ]
        indexes = [models.Index(fields=["kept", "-id"], name="customer_merge_kept_idx")]

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"
