"""What each group tells the platform of its size and of how its work runs: counts, nothing else."""

from datetime import timedelta

from billing.entitlements import used
from billing.models import GroupFigures
from billing.plans import Resource
from forecourt.kernel import schedule
from forecourt.kernel.clock import now
from forecourt.kernel.files import used_bytes
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import Job, OutboxMessage
from forecourt.kernel.tasks import group_task

FAILED_WITHIN = timedelta(days=7)


@schedule.every(minutes=30)
@group_task(always=True)
def tell_figures() -> None:
    """Write the group's figures into its one row at the platform."""
    waiting = OutboxMessage.objects.filter(delivered_at__isnull=True, attempts__gt=0)
    GroupFigures.objects.update_or_create(
        schema_name=current_schema(),
        defaults={
            "taken_at": now(),
            "stores": used(Resource.STORES) or 0,
            "staff": used(Resource.STAFF) or 0,
            "stored_bytes": used_bytes(),
            "open_jobs": Job.objects.filter(state__in=Job.OPEN_STATES).count(),
            "failed_jobs": Job.objects.filter(
                state=Job.State.FAILED, finished_at__gte=now() - FAILED_WITHIN
            ).count(),
            "stuck_messages": waiting.count(),
        },
    )
