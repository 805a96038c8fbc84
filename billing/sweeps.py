"""What the platform does by itself each minute about subscriptions."""

import logging

from celery import shared_task
from django.db.models import Exists, OuterRef

from billing import following, gateway, inbox, reconciling, usage
from billing.models import Subscription
from forecourt.kernel.clock import now
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.groups import inside
from tenants.erasure import erase
from tenants.models import DealerGroup

logger = logging.getLogger(__name__)

AT_ONCE = 500


@shared_task(name="billing.sweeps.keep_subscriptions")
def keep_subscriptions() -> None:
    """Begin trials, do what the clock makes due, and handle events that no worker has finished.

    Without keys nobody pays and nothing ends; operators hold groups and let them go all the same.
    """
    if not gateway.is_configured():
        do_what_is_due()
        return
    begin_trials()
    inbox.handle_due()
    do_what_is_due()
    usage.report()


@shared_task(name="billing.sweeps.settle_group")
def settle_group(*, schema_name: str) -> None:
    """Have an operator's decision work at once: the minute's sweep would find it too."""
    try:
        following.follow(schema_name)
    except gateway.StripeError:
        logger.exception("subscription not followed", extra={"group": schema_name})


@shared_task(name="billing.sweeps.compare_with_stripe")
def compare_with_stripe() -> None:
    """Each night: mend what is not in step (:mod:`billing.reconciling`), and forget old events."""
    if gateway.is_configured():
        reconciling.reconcile()
        inbox.forget_old()


def begin_trials() -> None:
    known = Subscription.objects.filter(schema_name=OuterRef("schema_name"))
    for group in DealerGroup.objects.filter(~Exists(known)).order_by("id")[:AT_ONCE]:
        following.begin(group)


def do_what_is_due() -> None:
    """States that change by the clock, notices ahead, and the erasure of what was closed."""
    due = Subscription.objects.filter(due_at__lte=now()).order_by("due_at", "id")
    for schema_name in list(due.values_list("schema_name", flat=True)[:AT_ONCE]):
        try:
            row = following.follow(schema_name)
        except gateway.StripeError:
            # A state is not made worse on the word of somebody who does not answer.
            logger.exception("subscription not followed", extra={"group": schema_name})
            continue
        if row.closed_at is not None and row.due_at is not None and row.due_at <= now():
            _erase(schema_name)


def _erase(schema_name: str) -> None:
    """The group with everything it had; the certificate stays, and nothing of who paid."""
    group = DealerGroup.objects.filter(schema_name=schema_name).first()
    if group is not None:
        with inside(PUBLIC_SCHEMA):
            erase(group)
