"""The timeline of a customer, page by page."""

from datetime import timedelta

import pytest

from apps.crm.models import Interaction
from apps.crm.queries import timeline
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from tests.factories.crm import make_customer


@pytest.mark.parametrize("together", [4, 12])
def test_no_entry_is_left_out_where_many_happened_in_one_moment(group, together):
    customer = make_customer()
    moment = now() - timedelta(days=1)
    Interaction.objects.bulk_create(
        Interaction(
            customer=customer,
            kind="CALL",
            result="REACHED",
            happened_at=moment + timedelta(hours=number // together),
            recorded_at=moment,
        )
        for number in range(24)
    )

    seen, before = [], None
    while True:
        items, before = timeline(
            customer_id=customer.pk, actor=system_actor(), before=before, size=5
        )
        seen += [item.row.pk for item in items if isinstance(item.row, Interaction)]
        if before is None:
            break

    assert len(seen) == len(set(seen)) == 24
