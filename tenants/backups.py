"""Backups of one group that operators order: its archive, kept in the group's own store.

Nobody fetches them: from one a new group is made, beside the one that it was taken of, and nothing
is ever written over what is there. They end after thirty days, and with the group.
"""

import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from forecourt.kernel import events
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import inside
from forecourt.kernel.storage import group_storage
from tenants import spaces
from tenants.archive.layout import FOLDER
from tenants.archive.restoring import restore
from tenants.archive.writing import record_archive, write_archive
from tenants.chores import Progress, does
from tenants.events import GroupErased
from tenants.groups import register_group
from tenants.models import DealerGroup, PlatformJob

KEPT = timedelta(days=30)
READ_AT_ONCE = 1024 * 1024


@does(PlatformJob.Kind.BACKUP)
def back_up(job: PlatformJob, progress: Progress) -> dict[str, Any]:
    """Write the group's archive, sealed by the platform's master key, and store it when whole."""
    group = _group_of(job.schema_name)
    with TemporaryFile() as file:
        written = write_archive(group, file, secret=None, progress=progress)
        size = file.seek(0, 2)
        file.seek(0)
        name = _keep(group, file)
    record_archive(group, written, actor=system_actor(job.ordered_by))
    return {"file": name, "size": size, "tables": written.tables, "rows": written.rows}


@does(PlatformJob.Kind.COPY)
def copy(job: PlatformJob, progress: Progress) -> dict[str, Any]:
    """Make a new group at another address of a backup; gone on with when a worker died."""
    backup = get_backup(job_id=job.params["backup_id"], schema_name=job.schema_name)
    source = _group_of(job.schema_name)
    target = _target(job, source)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "backup.zip"
        with (
            inside(source.identity),
            group_storage().open(backup.result["file"]) as stored,
            path.open("wb") as file,
        ):
            shutil.copyfileobj(stored, file, READ_AT_ONCE)
        restored = restore(target, path, passphrase="", progress=progress)
    return {"slug": target.slug, "tables": restored.tables, "rows": restored.rows}


@does(PlatformJob.Kind.SPACES)
def prepare_spaces(job: PlatformJob, progress: Progress) -> dict[str, Any]:
    made = spaces.fill_pool(job.params["size"], progress)
    return {"made": made}


def list_backups(schema_name: str) -> list[PlatformJob]:
    """Those of a group that can still be used, the newest first."""
    done = PlatformJob.objects.filter(
        schema_name=schema_name,
        kind=PlatformJob.Kind.BACKUP,
        state=PlatformJob.State.DONE,
        finished_at__gt=now() - KEPT,
    ).order_by("-id")
    return [job for job in done if job.result.get("file")]


def get_backup(*, job_id: int, schema_name: str) -> PlatformJob:
    """Raises NotFound."""
    for job in list_backups(schema_name):
        if job.pk == job_id:
            return job
    raise NotFound(_("This backup is no longer there."))


def remove_expired() -> int:
    """Delete the files of backups whose time is over; answers how many."""
    old = PlatformJob.objects.filter(
        kind=PlatformJob.Kind.BACKUP, finished_at__lt=now() - KEPT, result__file__gt=""
    )
    for job in old:
        group = DealerGroup.objects.filter(schema_name=job.schema_name).first()
        if group is not None:
            with inside(group.identity):
                group_storage().delete(job.result["file"])
        job.result = {**job.result, "file": ""}
        job.save(update_fields=["result"])
    return len(old)


@events.subscribe(GroupErased)
def forget_backups(event: GroupErased) -> None:
    """The files went with the group's store; that there were any is no secret."""
    for job in PlatformJob.objects.filter(
        schema_name=event.schema_name, kind=PlatformJob.Kind.BACKUP, result__file__gt=""
    ):
        job.result = {**job.result, "file": ""}
        job.save(update_fields=["result"])


def _keep(group: DealerGroup, file: IO[bytes]) -> str:
    with inside(group.identity):
        return group_storage().save(f"{FOLDER}/backup-{secrets.token_hex(16)}.zip", File(file))


def _group_of(schema_name: str) -> DealerGroup:
    group = DealerGroup.objects.filter(schema_name=schema_name).first()
    if group is None:
        raise NotFound(_("This group is gone."))
    return group


def _target(job: PlatformJob, source: DealerGroup) -> DealerGroup:
    """The group that this very job has made, or a new one."""
    made = job.params.get("target")
    if made:
        return _group_of(made)
    group = register_group(
        slug=job.params["slug"],
        name=source.name,
        language=source.language,
        time_zone=source.time_zone,
        currency=source.currency,
        country=source.country,
        state=DealerGroup.State.TRIALING,
    )
    job.params = {**job.params, "target": group.schema_name}
    job.save(update_fields=["params"])
    return group
