from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, page, record
from api.fields import IdField, NoBody, Representation
from api.filters import Filter
from forecourt.kernel.access import Actor
from forecourt.kernel.jobs import cancel, get_job, list_jobs


class JobRow(Representation):
    """Long work of the caller's: an import, an export."""

    id = IdField()
    kind = serializers.CharField()
    state = serializers.CharField()
    done_count = serializers.IntegerField()
    total_count = serializers.IntegerField()
    percent = serializers.IntegerField()
    result = serializers.DictField()
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


def _cancel(*, job_id: int, actor: Actor) -> Any:
    job = get_job(job_id=job_id, actor=actor)
    return cancel(job.pk, actor)


class Jobs(Endpoint):
    tag = "jobs"
    get = page(
        list_jobs,
        JobRow,
        name="list_jobs",
        summary=_("One's own background jobs"),
        permission=None,
        filters={
            "kind": Filter(serializers.CharField(), "kind"),
            "state": Filter(serializers.CharField(), "state__in", many=True),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )


class Job(Endpoint):
    tag = "jobs"
    get = record(get_job, JobRow, name="get_job", summary=_("A job's progress"), permission=None)


class CancelJob(Endpoint):
    tag = "jobs"
    post = command(
        _cancel,
        NoBody,
        JobRow,
        name="cancel_job",
        summary=_("Ask a job to stop after its present step"),
        permission=None,
    )
