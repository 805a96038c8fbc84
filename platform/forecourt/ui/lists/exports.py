"""Exports of long lists: written in the background to a file that only its maker can fetch.

A file is made with the person's rights, kept for some days and handed out only while those rights
are still the same: whoever has lost a store since does not read it in an old file.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from django.core.files.base import File
from django.core.files.storage import storages
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from forecourt.kernel import audit, jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.actors import actor_again
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.models import Job
from forecourt.kernel.storage import group_storage
from forecourt.ui.lists.export import (
    CONTENT_TYPES,
    MOST_WORKBOOK_ROWS,
    WRITERS,
    Cells,
)
from forecourt.ui.lists.registry import list_named

if TYPE_CHECKING:
    from forecourt.ui.lists.page import ListPage

KIND = "lists.export"
KEPT = timedelta(days=7)
LINK_LIVES = timedelta(seconds=60)
"""Just long enough to be followed: the rights are asked for when the link is made."""
_ROWS_A_STEP = 1000


def start_export(
    *,
    list_name: str,
    kind: str,
    query: str,
    actor: Actor,
    address: Mapping[str, Any] | None = None,
) -> Job:
    """Have what the query filters of a list written to a file, in its columns and order.

    ``query`` is the list's own, as in its address (``state=OPEN&sort=-id``). What is still being
    written is not begun twice. Raises NotFound, NotPermitted, or Invalid (kind, too many rows).
    """
    page = page_for(list_name, QueryDict(query), actor, address)
    if kind not in WRITERS:
        raise Invalid(_("There is no export of that kind."), field="kind")
    page.require_export()
    count = page.rows.count()
    if kind == "xlsx" and count > MOST_WORKBOOK_ROWS:
        raise Invalid(
            _("A workbook holds %(most)s rows; choose CSV for more.")
            % {"most": MOST_WORKBOOK_ROWS},
            field="kind",
        )
    asked = {
        "list": list_name,
        "kind": kind,
        "query": query,
        "address": dict(address or {}),
        "user_id": actor.user_id,
        "focus": sorted(actor.focus_store_ids),
        "language": translation.get_language() or actor.language,
        "time_zone": timezone.get_current_timezone_name(),
    }
    running = list_exports(actor).filter(state__in=Job.OPEN_STATES, params__contains=asked).first()
    if running is not None:
        return running
    page.record_export(kind)
    file = f"exports/{secrets.token_hex(16)}.{kind}"
    job = jobs.start(KIND, {**asked, "file": file}, actor)
    Job.objects.filter(pk=job.pk).update(total_count=count)
    job.total_count = count
    return job


def list_exports(actor: Actor) -> QuerySet[Job]:
    """The person's own exports: what they hold was made with her rights."""
    return jobs.list_jobs(actor).filter(kind=KIND)


def get_export(*, export_id: int, actor: Actor) -> Job:
    """Raises NotFound."""
    job = list_exports(actor).filter(pk=export_id).first()
    if job is None:
        raise NotFound(_("There is no such export."))
    return job


def cancel_export(*, export_id: int, actor: Actor) -> Job:
    """Raises NotFound, or Conflict when it has ended."""
    return jobs.cancel(get_export(export_id=export_id, actor=actor).pk, actor)


def expires_at(job: Job) -> datetime | None:
    """When the file goes; None while there is none."""
    has_file = job.state == Job.State.DONE and job.finished_at is not None
    return job.finished_at + KEPT if has_file and job.finished_at else None


def link_to_export(*, export_id: int, actor: Actor) -> str:
    """Where the file is handed out for a minute, to its maker, while her rights are as then.

    Raises NotFound (also when it has expired), Conflict while it is not ready, or NotPermitted when
    her rights have changed since.
    """
    job = get_export(export_id=export_id, actor=actor)
    end = expires_at(job)
    if end is None:
        raise Conflict(_("This export is not ready."))
    page = _page_of(job, actor)
    page.require_export()
    if job.params.get("rights") != _fingerprint(page, actor):
        raise NotPermitted(_("Your rights have changed since this file was made. Export again."))
    file = job.params["file"]
    if end <= now() or not file or not group_storage().exists(file):
        raise NotFound(_("This file has been removed. Export again."))
    audit.record(actor, "downloaded", page.rows.model(pk=0), {"list": page.name}, label=str(job))
    return group_storage().download_link(
        file,
        filename=job.result["name"],
        content_type=CONTENT_TYPES[job.params["kind"]],
        inline=False,
        expires=LINK_LIVES,
    )


def expired_exports() -> QuerySet[Job]:
    """Exports whose file is older than it is kept; what never ended counts from its beginning."""
    return Job.objects.filter(kind=KIND, created_at__lt=now() - KEPT).exclude(params__file="")


def has_expired_exports() -> bool:
    return expired_exports().exists()


def remove_expired_exports() -> int:
    """Delete the files whose time is over; answers how many."""
    removed = 0
    for job in expired_exports().exclude(state__in=Job.OPEN_STATES).iterator():
        storages["default"].delete(job.params["file"])
        Job.objects.filter(pk=job.pk).update(params={**job.params, "file": ""})
        removed += 1
    return removed


@jobs.runs(KIND, always=True)
def write_export(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Write the rows to a temporary file, and keep it when it is whole."""
    actor = actor_again(job.params["user_id"], channel="export")
    actor = replace(actor, focus_store_ids=frozenset(job.params["focus"]))
    zone, language = job.params["time_zone"], job.params["language"]
    with translation.override(language), timezone.override(zone), TemporaryFile() as file:
        page = _page_of(job, actor)
        page.require_export()
        progress.total(page.rows.count())
        written = _Counted(page.export_rows(), progress)
        WRITERS[job.params["kind"]](file, page.export_head(), written)
        size = file.tell() if job.params["kind"] == "csv" else file.seek(0, 2)
        storage = storages["default"]
        # A worker that died after saving has left one of this name.
        storage.delete(job.params["file"])
        file.seek(0)
        storage.save(job.params["file"], File(file))
        params = {**job.params, "rights": _fingerprint(page, actor)}
        Job.objects.filter(pk=job.pk).update(params=params)
        progress.step(written.count)
        name = f"{page.export_name()}.{job.params['kind']}"
    return {"name": name, "size_bytes": size, "rows": written.count}


class _Counted:
    """Hands rows on and reports how many have gone by."""

    def __init__(self, rows: Iterable[Cells], progress: jobs.Progress) -> None:
        self.rows, self.progress, self.count = rows, progress, 0

    def __iter__(self) -> Iterator[Cells]:
        for cells in self.rows:
            yield cells
            self.count += 1
            if self.count % _ROWS_A_STEP == 0:
                self.progress.step(self.count)


def _page_of(job: Job, actor: Actor) -> ListPage:
    query = QueryDict(job.params["query"])
    return page_for(job.params["list"], query, actor, job.params["address"])


def page_for(
    list_name: str, query: QueryDict, actor: Actor, address: Mapping[str, Any] | None = None
) -> ListPage:
    """The list as a request for it would find it. Raises NotFound."""
    request = HttpRequest()
    request.method, request.GET = "GET", query
    request.actor = actor
    return list_named(list_name)(request, **(address or {}))


def _fingerprint(page: ListPage, actor: Actor) -> str:
    """Stands for the rights that decide which rows and values the file holds."""
    modules = {name.split(".")[0] for name in (page.name, page.permission or page.name)}
    deciding = sorted(
        name for name in actor.grants if name.split(".")[0] in modules or ".see_" in name
    )
    words = [
        [name, grant.everything, sorted(grant.store_ids), sorted(grant.owner_ids)]
        for name in deciding
        for grant in [actor.grants[name]]
    ]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
