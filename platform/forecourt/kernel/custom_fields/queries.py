"""Reads of definitions, for those who manage them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.models import CustomField, Job

_JOBS_LOOKED_AT = 200


def list_fields(actor: Actor) -> QuerySet[CustomField]:
    """All definitions, for whoever may manage them."""
    return CustomField.objects.visible_to(actor)


def get_field(*, field_id: int, actor: Actor) -> CustomField:
    """Raises NotFound."""
    return _one(list_fields(actor), field_id)


def lock_field(*, field_id: int, actor: Actor) -> CustomField:
    """Against other definers; whoever writes values refers to the row and need not wait for it, as
    he would hold what a definer waits for. Raises NotFound."""
    return _one(list_fields(actor).select_for_update(no_key=True), field_id)


def last_jobs() -> dict[int, Job]:
    """Of each field the job that indexes or converts it, or did last."""
    jobs = Job.objects.filter(kind__startswith="custom_fields.").order_by("-id")[:_JOBS_LOOKED_AT]
    return {job.params["field_id"]: job for job in reversed(jobs)}


def _one(rows: QuerySet[CustomField], field_id: int) -> CustomField:
    field = rows.filter(pk=field_id).first()
    if field is None:
        raise NotFound(_("There is no such field."))
    return field
