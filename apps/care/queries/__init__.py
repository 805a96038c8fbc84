"""Reads of complaints."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.care.models import Complaint, ComplaintStep
from apps.care.rules.complaints import OPEN_STATES, UNSOLVED_STATES
from apps.crm.queries import customers_found
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound, NotPermitted

SHOWN_OF_CUSTOMER = 5


def list_complaints(actor: Actor) -> QuerySet[Complaint]:
    """The complaints that the actor may see, with customer, store, department and owner."""
    return Complaint.objects.visible_to(actor).select_related(
        "customer", "store", "department", "owner", "received_by", "compensation_approval"
    )


def get_complaint(*, complaint_id: int, actor: Actor) -> Complaint:
    """Raises NotFound."""
    complaint = list_complaints(actor).filter(pk=complaint_id).first()
    if complaint is None:
        raise NotFound(_("No such record."))
    return complaint


def lock_complaint(*, complaint_id: int, actor: Actor, permission: str) -> Complaint:
    """The complaint, its row locked. Raises NotFound, or NotPermitted for one only to be seen."""
    actor.require(permission)
    reachable = Complaint.objects.visible_to(actor, permission)
    row = reachable.select_for_update(of=("self",)).filter(pk=complaint_id).first()
    if row is None:
        get_complaint(complaint_id=complaint_id, actor=actor)
        raise NotPermitted(_("You may not do this with this record."))
    return row


def list_steps(complaint: Complaint) -> QuerySet[ComplaintStep]:
    """What was done, the newest first."""
    return complaint.steps.select_related("author").order_by("-happened_at", "-id")


def search_complaints(rows: QuerySet[Complaint], search: str, actor: Actor) -> QuerySet[Complaint]:
    """By the beginning of the number, or by the customer's name, pinyin or phone."""
    return rows.filter(
        Q(number__startswith=search.upper()) | Q(customer__in=customers_found(search, actor))
    )


def find_complaints(actor: Actor, search: str) -> QuerySet[Complaint]:
    """For the search over everything: by number, or open ones by customer."""
    rows = Complaint.objects.visible_to(actor).select_related("customer", "owner").order_by("-id")
    if "-CP-" in search.upper():
        return rows.filter(number__startswith=search.upper())
    return rows.filter(state__in=OPEN_STATES, customer__in=customers_found(search, actor))


def responsible(actor: Actor) -> list[tuple[int, str]]:
    """Those who answer for complaints that the actor may see, with their names."""
    owners = Complaint.objects.visible_to(actor).exclude(owner=None).order_by().values("owner")
    names = organisation.names_of_staff(owners.distinct())
    return sorted(names.items(), key=lambda pair: pair[1])


def untold() -> QuerySet[Complaint]:
    """Complaints that are late and whose lateness nobody was told of."""
    moment = now()
    return Complaint.objects.filter(
        Q(
            first_reply_at__isnull=True,
            reply_due_at__lt=moment,
            reply_late_told_at__isnull=True,
        )
        | Q(close_due_at__lt=moment, close_late_told_at__isnull=True),
        state__in=UNSOLVED_STATES,
    )


def has_untold() -> bool:
    return untold().exists()
