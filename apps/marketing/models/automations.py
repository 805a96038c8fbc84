"""Automations: what happens by itself when something happens, or a date comes near."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.marketing.models.segments import Segment
from apps.marketing.rules.states import Deed, Trigger
from forecourt.kernel.access import RowAccess, ScopedModel


class Automation(ScopedModel):
    """When, for whom, what.

    ``event`` is a type of the public feed, ``fact`` the code of a dated fact of customers and
    ``offset_days`` how long before (negative) or after it. ``segment`` narrows to whom, and
    ``store`` to whose customers; without one, the whole group's. ``options`` hold what the deed
    needs. A customer is reached once for each occasion, again only after ``rest_days``, and no more
    than ``daily_cap`` customers a day. What is not done within ``valid_days`` is left undone.

    ``version`` counts the changes that it has seen. ``cursor_*`` is the place in the stream of
    events up to which it was looked at, ``planned_through`` the last day planned for dates.
    """

    access: ClassVar[RowAccess] = RowAccess(view="marketing.view_automation", store=("store_id",))

    name = models.CharField(pgettext_lazy("thing", "Name"), max_length=80)
    store = models.ForeignKey(
        "organisation.Store",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("Store"),
    )
    trigger = models.CharField(pgettext_lazy("automation", "When"), max_length=5, choices=Trigger)
    event = models.CharField(_("Event"), max_length=60, blank=True)
    fact = models.CharField(_("Date"), max_length=80, blank=True)
    offset_days = models.SmallIntegerField(_("Days before or after"), default=0)
    segment = models.ForeignKey(
        Segment, models.PROTECT, null=True, related_name="automations", verbose_name=_("Segment")
    )
    deed = models.CharField(_("What is done"), max_length=7, choices=Deed)
    options = models.JSONField(default=dict)
    daily_cap = models.PositiveIntegerField(_("Customers a day at most"), null=True)
    rest_days = models.PositiveSmallIntegerField(_("Days of rest"), default=0)
    valid_days = models.PositiveSmallIntegerField(_("Days until it is too late"), default=3)
    is_on = models.BooleanField(_("Switched on"), default=False)
    version = models.PositiveIntegerField(_("Version"), default=1)
    cursor_seal = models.BigIntegerField(default=0)
    cursor_entry = models.BigIntegerField(default=0)
    planned_through = models.DateField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField(_("Changed"))

    class Meta:
        verbose_name = _("Automation")
        constraints: ClassVar[list] = [
            models.CheckConstraint(
                condition=(Q(trigger=Trigger.EVENT, fact="") & ~Q(event=""))
                | (Q(trigger=Trigger.DATE, event="") & ~Q(fact="")),
                name="automation_trigger_ck",
            ),
            models.CheckConstraint(condition=Q(deed__in=Deed.values), name="automation_deed_ck"),
        ]

    def __str__(self) -> str:
        return self.name
