"""What complaints say of customers, to ask for, and whose a complaint is."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from apps.care.models import Complaint
from apps.care.rules.complaints import COMPLAINT_KINDS, OPEN_STATES
from apps.crm.facts import Among, Fact, Kind, declare, register_subject
from forecourt.kernel.option_lists.values import all_choices

OF = _("Complaints")

declare(
    Fact(
        "care.open_complaint",
        _("Has an open complaint"),
        Kind.YES_NO,
        OF,
        value=lambda: Exists(
            Complaint.objects.filter(customer=OuterRef("pk"), state__in=OPEN_STATES)
        ),
    ),
    Fact(
        "care.complained",
        _("Complained on"),
        Kind.DATE,
        OF,
        among=lambda: Among(Complaint.objects.all(), "customer_id", "reported_date"),
    ),
    Fact(
        "care.complaint_kind",
        _("Kind of complaint"),
        Kind.CHOICE,
        OF,
        among=lambda: Among(Complaint.objects.all(), "customer_id", "kind"),
        choices=lambda _actor: all_choices(COMPLAINT_KINDS),
    ),
)


def _customers_of(ids: Iterable[str]) -> dict[str, int]:
    rows = Complaint.objects.filter(pk__in=[int(each) for each in ids if each.isdigit()])
    return {str(pk): customer_id for pk, customer_id in rows.values_list("pk", "customer_id")}


register_subject("care.complaint", _customers_of)
