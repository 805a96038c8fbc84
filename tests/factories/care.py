"""Complaints for tests, made by the product's own action."""

from typing import Any

from apps.care.actions import register_complaint
from apps.care.models import Complaint
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor, system_actor
from tests.factories.crm import make_customer


def make_complaint(*, owner: StaffMember, actor: Actor | None = None, **fields: Any) -> Complaint:
    """A complaint of a customer of ``owner``, who answers for it."""
    fields.setdefault("customer_id", make_customer(owner=owner).pk)
    fields.setdefault("owner_id", owner.pk)
    fields.setdefault("kind", "DELIVERY")
    fields.setdefault("title", "交车延期")
    return register_complaint(actor=actor or system_actor(), store_id=owner.home_store_id, **fields)
