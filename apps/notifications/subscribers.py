"""News of the layers below that people are told of."""

from datetime import date, datetime, time, timedelta

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from apps.notifications import notifications as told
from apps.notifications.actions import notify
from apps.notifications.models import Delivery
from apps.notifications.wording import SMS
from apps.organisation import queries as organisation
from apps.organisation.events import StaffJoined
from billing.plans import Meter
from billing.usage import counts_usage
from forecourt.accounts.events import AccountActivity
from forecourt.accounts.rules import read_user_agent
from forecourt.kernel import audit, events, jobs
from forecourt.kernel.access import system_actor
from forecourt.kernel.groups import in_group
from forecourt.kernel.imports.engine import RUN
from forecourt.kernel.models import ImportRun, Job, Webhook
from forecourt.kernel.webhooks import WebhookSwitchedOff
from tenants.archive.layout import JOB_KIND

A_MOMENT = timedelta(seconds=10)
"""Whoever started shorter work has watched it."""
SIGN_INS_COMPARED = 200


@events.subscribe(jobs.JobEnded)
def tell_of_job(event: jobs.JobEnded) -> None:
    """Tell the person who started it."""
    job = Job.objects.get(pk=event.job_id)
    failed = event.state == Job.State.FAILED
    if event.kind == RUN:
        _tell_of_import(job, failed=failed)
    elif event.kind == JOB_KIND and not failed:
        notify(
            told.ARCHIVE_READY,
            recipients=[job.actor_id],
            subject=job,
            values={},
            key=str(job.pk),
            actor=system_actor(),
        )
    elif failed or job.finished_at - job.created_at >= A_MOMENT:
        notify(
            told.JOB_FAILED if failed else told.JOB_FINISHED,
            recipients=[job.actor_id],
            subject=job,
            values={"work": jobs.label_of(job.kind), "error": job.error},
            key=str(job.pk),
            actor=system_actor(),
        )


def _tell_of_import(job: Job, *, failed: bool) -> None:
    run = ImportRun.objects.get(pk=job.params["run_id"])
    notify(
        told.IMPORT_FAILED if failed else told.IMPORT_FINISHED,
        recipients=[run.actor_id],
        subject=run,
        values={
            "file": run.original_name,
            "created": run.created_count,
            "updated": run.updated_count,
            "rejected": run.rejected_count,
            "error": job.error,
        },
        key=str(job.pk),
        store_id=run.store_id,
        actor=system_actor(),
    )


@events.subscribe(StaffJoined)
def tell_of_colleague(event: StaffJoined) -> None:
    """Tell the manager and those who invite people to the store."""
    person = organisation.staff_by_id([event.staff_id])[event.staff_id]
    in_charge = organisation.people_in_charge("organisation.manage_staff", person.home_store_id)
    store = organisation.stores_by_id([person.home_store_id]).get(person.home_store_id)
    notify(
        told.STAFF_JOINED,
        recipients=(in_charge | {person.manager_id}) - {person.pk},
        subject=person,
        values={"person": person.name, "store": store or _("Headquarters")},
        key=str(person.pk),
        store_id=person.home_store_id,
        actor=system_actor(),
    )


@events.subscribe(AccountActivity)
def warn_of_new_device(event: AccountActivity) -> None:
    """Tell a person who was signed in with a browser and system that she never used before."""
    if event.action != "signed_in" or event.user_id is None or not in_group():
        return
    person = organisation.staff_of_account(event.user_id)
    if person is None:
        return
    device = read_user_agent(event.device)
    sign_ins = audit.history(person).filter(action="signed_in")
    known = list(sign_ins.values_list("pk", "device")[: SIGN_INS_COMPARED + 1])
    # The newest entry is this sign-in itself.
    if len(known) < 2 or device in {read_user_agent(text) for _pk, text in known[1:]}:
        return
    notify(
        told.NEW_DEVICE,
        recipients=[person.pk],
        subject=None,
        values={
            "device": " ".join(part for part in (device.name, device.system) if part) or "?",
            "address": event.address or "?",
        },
        key=f"sign-in:{known[0][0]}",
        actor=system_actor(),
    )


@events.subscribe(WebhookSwitchedOff)
def tell_of_webhook(event: WebhookSwitchedOff) -> None:
    """Tell the person whose rights it has; who has left is told of nothing."""
    webhook = Webhook.objects.get(pk=event.webhook_id)
    notify(
        told.WEBHOOK_OFF,
        recipients=[event.staff_id],
        subject=webhook,
        values={"webhook": webhook.name, "reason": webhook.get_off_reason_display()},
        key=f"{webhook.pk}:{webhook.failing_since}",
        actor=system_actor(),
    )


@counts_usage(Meter.MESSAGES)
def text_messages_of(day: date) -> int:
    """Text messages that left on a day of the group's calendar."""
    begin = datetime.combine(day, time(0), get_current_timezone())
    return Delivery.objects.filter(
        channel=SMS,
        state=Delivery.State.SENT,
        ended_at__gte=begin,
        ended_at__lt=begin + timedelta(days=1),
    ).count()
