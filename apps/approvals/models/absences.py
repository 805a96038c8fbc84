from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import RowAccess, ScopedModel


class Absence(ScopedModel):
    """Days on which somebody else decides in a person's place; what she does says so."""

    access: ClassVar[RowAccess] = RowAccess(
        view="approvals.view_request", owner=("staff_id", "substitute_id")
    )

    staff = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, db_index=False, related_name="+"
    )
    substitute = models.ForeignKey(
        "organisation.StaffMember",
        models.PROTECT,
        related_name="+",
        verbose_name=_("In her place"),
    )
    from_date = models.DateField(_("From"))
    to_date = models.DateField(_("To"))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Absence")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_date__gte=F("from_date")), name="absence_days_ck"
            ),
            models.CheckConstraint(
                condition=~Q(staff=F("substitute")), name="absence_other_person_ck"
            ),
            # One substitute at a time. A range of one number stands for equality, which needs no
            # extension of the database.
            ExclusionConstraint(
                name="absence_overlap_ex",
                expressions=[
                    (
                        Func(F("staff_id"), F("staff_id"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("from_date"),
                            F("to_date"),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.from_date}"
