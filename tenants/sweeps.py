"""What the schedule starts: a round over the groups each minute, and the platform's own chores.

One message a minute starts a round. Where there are many groups it is split, so that several
workers share it. A group is asked with a few cheap queries what is due; nothing is sent for a group
in which nothing is.
"""

import logging
from datetime import time, timedelta

from celery import shared_task
from django.contrib.sessions.models import Session
from django.db import DatabaseError

from forecourt.kernel import crypto, idempotency, jobs, outbox, schedule, seals, summaries
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from forecourt.kernel.models import Job, MeasureDelta, OutboxMessage
from forecourt.kernel.tasks import enqueue, group_task
from tenants import backups, chores, signups, spaces
from tenants.models import DealerGroup

logger = logging.getLogger(__name__)

GROUPS_A_TASK = 200
KEEP_DELIVERED = timedelta(days=30)


@shared_task(name="tenants.sweeps.sweep_groups")
def sweep_groups() -> None:
    """Start what is due in every group."""
    ids = list(
        DealerGroup.objects.filter(state__in=DealerGroup.READABLE_STATES)
        .order_by("id")
        .values_list("pk", flat=True)
    )
    parts = [ids[start : start + GROUPS_A_TASK] for start in range(0, len(ids), GROUPS_A_TASK)]
    for part in parts[1:]:
        sweep_some.apply_async(kwargs={"group_ids": part}, expires=55)
    if parts:
        sweep_some(group_ids=parts[0])


@shared_task(name="tenants.sweeps.sweep_some")
def sweep_some(*, group_ids: list[int]) -> None:
    moment = now()
    for group in DealerGroup.objects.filter(pk__in=group_ids).order_by("id"):
        try:
            with inside(group.identity):
                for item in schedule.due(moment, group.identity):
                    enqueue(item.task)
        except DatabaseError:  # a group in trouble, or just erased, does not stop the others
            logger.exception("group not swept", extra={"group": group.schema_name})


@shared_task(name="tenants.sweeps.keep_the_platform")
def keep_the_platform() -> None:
    """Keep the pool full, finish or remove what a sign-up left, do what operators ordered."""
    signups.remove_expired()
    signups.resume_unfinished()
    spaces.fill_pool()
    chores.wake_if_waiting()
    backups.remove_expired()


# --- What recurs in each group, of the kernel's own -----------------------------------------------


def messages_are_due() -> bool:
    return OutboxMessage.objects.filter(delivered_at__isnull=True, available_at__lte=now()).exists()


def jobs_are_open() -> bool:
    return Job.objects.filter(state__in=Job.OPEN_STATES).exists()


def deltas_wait() -> bool:
    return MeasureDelta.objects.exists()


@schedule.daily(at=time(3, 20))
@group_task(always=True)
def clear_out() -> None:
    """Remove what has served: delivered messages, ended sessions."""
    OutboxMessage.objects.filter(delivered_at__lt=now() - KEEP_DELIVERED).delete()
    Session.objects.filter(expire_date__lt=now()).delete()


schedule.daily(at=time(3, 40), when=crypto.rotation_is_open)(crypto.finish_rotation)
schedule.daily(at=time(3, 10))(idempotency.forget_idempotency_keys)
schedule.every(minutes=1, when=messages_are_due)(outbox.deliver_due)
schedule.every(minutes=1, when=jobs_are_open)(jobs.resume_lost_jobs)
# Readers add what is not folded yet, so a figure is right before; folding keeps the table small.
schedule.every(minutes=1, when=deltas_wait)(summaries.fold_deltas)
schedule.every(minutes=1, when=seals.entries_wait)(seals.seal_entries_later)
