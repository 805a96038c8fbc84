"""The whole group as one file, ordered by whoever may take it out.

It is written in the background, kept for some days and handed out by links that live for minutes.
Nothing is read by a person's rights: whoever holds this right is given everything, so it is asked
for at every step, and each step is told in the log.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisation import queries
from forecourt.kernel import audit, crypto, jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.actors import actor_again
from forecourt.kernel.clock import now
from forecourt.kernel.crypto.rings import ring
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import Job
from forecourt.kernel.storage import group_storage
from tenants.archive.keys import require_good_passphrase, secret_of_passphrase
from tenants.archive.layout import FOLDER, JOB_KIND
from tenants.archive.writing import record_archive, write_archive
from tenants.models import DealerGroup

TAKE_OUT = "organisation.take_out_group"
KEPT = timedelta(days=7)
LINK_LIVES = timedelta(minutes=5)
REPORT_EVERY = timedelta(seconds=2)
CONTENT_TYPE = "application/zip"


@dataclass(frozen=True, slots=True)
class ArchiveLink:
    """Where an archive is fetched, until the link expires."""

    url: str
    expires_at: datetime


def order_archive(*, confirmation: str, actor: Actor, passphrase: str = "") -> Job:
    """Have everything of the group written to one file; ``confirmation`` is the group's address.

    What is still being written is not begun twice. Raises NotPermitted or Invalid.
    """
    actor.require(TAKE_OUT)
    group = _group()
    if confirmation.strip().lower() != group.slug:
        raise Invalid(
            _("Please enter %(slug)s, the address of your group.") % {"slug": group.slug},
            field="confirmation",
        )
    secret = ""
    if passphrase:
        require_good_passphrase(passphrase)
        secret = secret_of_passphrase(passphrase, ring()).hex()
    with transaction.atomic():
        settings = queries.group_settings()
        type(settings).objects.select_for_update().get(pk=settings.pk)
        running = list_archives(actor).filter(state__in=Job.OPEN_STATES).first()
        if running is not None:
            return running
        params = {"user_id": actor.user_id, "file": "", "is_locked": bool(secret)}
        if secret:
            params["secret"] = crypto.encrypt(secret)
        job = jobs.start(JOB_KIND, params, actor)
        audit.record(actor, "archive_ordered", settings, {"job": job.pk}, label=group.name)
    return job


def list_archives(actor: Actor) -> QuerySet[Job]:
    """All that were ordered, whoever did it. Raises NotPermitted."""
    actor.require(TAKE_OUT)
    return Job.objects.filter(kind=JOB_KIND)


def get_archive(*, archive_id: int, actor: Actor) -> Job:
    """Raises NotPermitted or NotFound."""
    job = list_archives(actor).filter(pk=archive_id).first()
    if job is None:
        raise NotFound(_("There is no such archive."))
    return job


def cancel_archive(*, archive_id: int, actor: Actor) -> Job:
    """Raises NotPermitted, NotFound, or Conflict when it has ended."""
    return jobs.cancel(get_archive(archive_id=archive_id, actor=actor).pk, actor)


def expires_at(job: Job) -> datetime | None:
    """When the file goes; None while there is none, and when it has gone."""
    return job.finished_at + KEPT if job.finished_at and job.params.get("file") else None


def link_to_archive(*, archive_id: int, actor: Actor) -> ArchiveLink:
    """A link for a few minutes.

    Raises NotPermitted, NotFound (also when it has expired), or Conflict while it is not ready.
    """
    job = get_archive(archive_id=archive_id, actor=actor)
    if job.state != Job.State.DONE:
        raise Conflict(_("This archive is not ready."))
    end = expires_at(job)
    if end is None or end <= now():
        raise NotFound(_("This archive has been removed. Order a new one."))
    group = _group()
    url = group_storage().download_link(
        job.params["file"],
        filename=job.result["name"],
        content_type=CONTENT_TYPE,
        inline=False,
        expires=LINK_LIVES,
    )
    settings = queries.group_settings()
    audit.record(actor, "archive_fetched", settings, {"job": job.pk}, label=group.name)
    return ArchiveLink(url, now() + LINK_LIVES)


@jobs.runs(JOB_KIND, always=True, label=gettext_lazy("Archive of the group"))
def write(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Write to a temporary file, which disappears with the process, and store it when it is whole.

    Each run stores under a name of its own, so one that was thought dead does no harm.
    """
    actor = actor_again(job.params["user_id"], channel="archive")
    actor.require(TAKE_OUT)
    group = _group()
    locked = job.params.get("secret")
    secret = bytes.fromhex(crypto.decrypt(locked)) if locked else None
    with TemporaryFile() as file:
        written = write_archive(group, file, secret=secret, progress=_Reporting(progress))
        size = file.seek(0, 2)
        file.seek(0)
        _keep(job, progress, file)
    record_archive(group, written, actor=actor)
    return {
        "name": f"{group.slug}-{now():%Y%m%d-%H%M}.zip",
        "size_bytes": size,
        "tables": written.tables,
        "rows": written.rows,
        "files": written.files,
        "missing": len(written.missing),
    }


def remove_expired_archives() -> int:
    """Delete the files whose time is over; answers how many."""
    removed = 0
    for job in expired_archives():
        group_storage().delete(job.params["file"])
        Job.objects.filter(pk=job.pk).update(params={**job.params, "file": ""})
        removed += 1
    return removed


def expired_archives() -> QuerySet[Job]:
    return Job.objects.filter(kind=JOB_KIND, finished_at__lt=now() - KEPT).exclude(params__file="")


def has_expired_archives() -> bool:
    return expired_archives().exists()


def _keep(job: Job, progress: jobs.Progress, file: IO[bytes]) -> None:
    """Store the file; nothing stays when somebody else has ended the job meanwhile."""
    storage = group_storage()
    name = storage.save(f"{FOLDER}/{secrets.token_hex(16)}.zip", File(file))
    try:
        with transaction.atomic():
            progress.step(job.total_count)
            # The key has served: it does not stay beside what it opens.
            kept = {"user_id": job.params["user_id"], "is_locked": job.params["is_locked"]}
            Job.objects.filter(pk=job.pk).update(params={**kept, "file": name})
    except BaseException:
        storage.delete(name)
        raise


def _group() -> DealerGroup:
    return DealerGroup.objects.get(schema_name=current_schema())


class _Reporting:
    """Reports seldom what it is told often; says that the work goes on, and hears when to stop."""

    def __init__(self, progress: jobs.Progress) -> None:
        self._progress = progress
        self._reported_at: datetime | None = None

    def __call__(self, done: int, total: int) -> None:
        moment = now()
        if self._reported_at is not None and moment < self._reported_at + REPORT_EVERY:
            return
        self._reported_at = moment
        if total != self._progress.job.total_count:
            self._progress.total(total)
        self._progress.step(done)
