"""A customer's lifecycle follows from leads and opportunities; whoever moves one asks here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from apps.crm.models import Customer
from apps.crm.queries import lifecycles


def refresh_lifecycle(customer_ids: Iterable[int]) -> None:
    """Write the lifecycle of these customers where it has changed."""
    changed: dict[str, list[int]] = defaultdict(list)
    for customer_id, kept, derived in lifecycles(customer_ids):
        if kept != derived:
            changed[derived].append(customer_id)
    for derived, ids in changed.items():
        Customer.objects.filter(pk__in=ids).update(lifecycle=derived)
