"""What a group uses of what is metered: counted once a day, told to Stripe once.

The row of a day is written once, by its unique key, and carries the identifier under which Stripe
counts it once: a worker that dies between the two sends the same again and changes nothing.
"""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from billing import gateway
from billing.models import Subscription, UsageReport
from billing.plans import GIGABYTE, Meter
from forecourt.kernel import schedule
from forecourt.kernel.clock import now, today
from forecourt.kernel.files import used_bytes
from forecourt.kernel.groups import current_schema
from forecourt.kernel.tasks import group_task

logger = logging.getLogger(__name__)

CountOfDay = Callable[[date], int]
_counts: dict[Meter, CountOfDay] = {}
DAYS_MADE_GOOD = 3
"""So many past days are counted if no worker ran when it was their time."""
STRIPE_TAKES = timedelta(days=30)
"""Older events Stripe refuses; so old are days of a trial alone."""
AT_ONCE = 1_000


def counts_usage(meter: Meter) -> Callable[[CountOfDay], CountOfDay]:
    """Decorator: the function says how much the group that is entered used on a past day."""

    def register(count: CountOfDay) -> CountOfDay:
        if meter in _counts:
            raise ValueError(f"{meter.value} is counted twice.")
        _counts[meter] = count
        return count

    return register


@counts_usage(Meter.STORAGE)
def gigabytes_kept(day: date) -> int:
    """What is kept now, in begun gigabytes: what it was on a day that is past is not known."""
    return -(-used_bytes() // GIGABYTE)


@schedule.daily(at=time(0, 30), when=gateway.is_configured)
@group_task
def count_usage() -> None:
    """Write down yesterday, and the days before it that nobody wrote down."""
    last = today() - timedelta(days=1)
    for day in (last - timedelta(days=back) for back in range(DAYS_MADE_GOOD)):
        count_day(day)


def count_day(day: date) -> None:
    """Once for each day and meter, whoever counts and how often."""
    UsageReport.objects.bulk_create(
        [
            UsageReport(schema_name=current_schema(), meter=meter.value, day=day, amount=count(day))
            for meter, count in _counts.items()
        ],
        ignore_conflicts=True,
    )


def report() -> int:
    """Tell Stripe what has not been told yet, of groups that pay; returns how many days' rows."""
    payers = dict(
        Subscription.objects.filter(ended_at=None)
        .exclude(subscription_id="")
        .values_list("schema_name", "customer_id")
    )
    waiting = UsageReport.objects.filter(
        reported_at=None, schema_name__in=payers, day__gte=now().date() - STRIPE_TAKES
    )
    told = 0
    for row in waiting.order_by("day", "id")[:AT_ONCE]:
        try:
            _tell(row, payers[row.schema_name])
        except gateway.StripeError:
            logger.exception("usage not reported", extra={"group": row.schema_name})
            break
        UsageReport.objects.filter(pk=row.pk).update(reported_at=now())
        told += 1
    return told


def _tell(row: UsageReport, customer_id: str) -> None:
    """Raises StripeError. One that Stripe has already is told."""
    noon = datetime.combine(row.day, time(12), UTC)
    try:
        gateway.client().v1.billing.meter_events.create(
            {
                "event_name": row.meter,
                "payload": {"stripe_customer_id": customer_id, "value": str(row.amount)},
                "identifier": row.identifier,
                "timestamp": int(noon.timestamp()),
            }
        )
    except gateway.InvalidRequestError as error:
        if "already exists" not in str(error):
            raise
