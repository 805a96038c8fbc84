"""Whom a message would reach, and whom not and why: before anything is sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from apps.crm.queries import AUDIENCE
from apps.marketing.queries.filtering import narrowed
from apps.marketing.rules.conditions import Block, Condition, Filter, Op
from apps.marketing.rules.states import HeldReason
from apps.notifications.queries import customers_at_cap

SAMPLE = 10
ADDRESSES = {"sms": "crm.has_phone", "email": "crm.has_email"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """How many customers are meant and reached, how many are held back by reason, and a sample of
    them as ``(customer, reason)``; the reason is empty for whom it would reach."""

    count: int
    reached: int
    held: list[tuple[Any, int]]
    sample: list[tuple[Any, Any]]


def outlook(customers: QuerySet, channel: str, shown: QuerySet | None = None) -> Outlook:
    """What would become of a message to the customers now; ``shown`` are those of whom the reader
    may see a sample."""
    left, held = customers, []
    for reason, theirs in _held(customers, channel):
        count = left.filter(pk__in=theirs.values("pk")).count()
        if count:
            held.append((reason.label, count))
        left = left.exclude(pk__in=theirs.values("pk"))
    sample = list(
        (customers if shown is None else shown)
        .select_related("owner", "home_store")
        .order_by("-pk")[:SAMPLE]
    )
    reasons = _reasons({row.pk for row in sample}, customers, channel)
    return Outlook(
        customers.count(),
        left.count(),
        held,
        [(row, reasons.get(row.pk, "")) for row in sample],
    )


def _held(customers: QuerySet, channel: str) -> list[tuple[HeldReason, QuerySet]]:
    """Who would not be written to, by the first reason that holds."""
    return [
        (HeldReason.NO_ADDRESS, _without(customers, ADDRESSES[channel])),
        (HeldReason.NO_CONSENT, _without(customers, f"crm.consent_{channel}")),
        (HeldReason.CAP, customers.filter(pk__in=customers_at_cap(AUDIENCE))),
    ]


def _without(customers: QuerySet, fact: str) -> QuerySet:
    asked = Filter(blocks=(Block(conditions=(Condition(fact, Op.NO),)),))
    return narrowed(customers, asked, prefix="held")


def _reasons(ids: Collection[int], customers: QuerySet, channel: str) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for reason, theirs in reversed(_held(customers.filter(pk__in=ids), channel)):
        found |= dict.fromkeys(theirs.values_list("pk", flat=True), reason.label)
    return found
