"""The end of a document's time: announced to who is responsible, then removed by itself.

Both are entries of the audit log, and the announcement's entry is what the notice is counted from,
so nothing goes of which nobody was told. Each document is a transaction of its own: the work can be
cut off anywhere and comes back the next night.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from apps.documents.actions.keeping import take_away, what_it_was
from apps.documents.group_settings import NOTICE_DAYS, REMOVED_BY_ITSELF
from apps.documents.models import Document
from apps.documents.notifications import TIME_IS_OVER
from apps.documents.queries.documents import time_is_over
from apps.notifications.actions import notify
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.models import AuditEntry

REMOVE = "documents.remove_document"
PER_NIGHT = 2_000


def end_time() -> tuple[int, int]:
    """Announce what will go and remove what was announced; answers how many of each.

    Does nothing where the group has such documents listed only.
    """
    if not value_of(REMOVED_BY_ITSELF):
        return 0, 0
    notice = timedelta(days=value_of(NOTICE_DAYS))
    removed = [pk for pk in _ids(_over().filter(_announced(until=notice))) if _remove(pk, notice)]
    announced = [pk for pk in _ids(_over(notice).exclude(_announced())) if _announce(pk, notice)]
    return len(announced), len(removed)


def _ids(documents: QuerySet[Document]) -> list[int]:
    return list(documents.order_by("pk").values_list("pk", flat=True)[:PER_NIGHT])


def _over(ahead: timedelta = timedelta()) -> QuerySet[Document]:
    """Those without a hold whose time is over, or will be so soon."""
    return Document.objects.filter(time_is_over(today() + ahead))


def _announced(*, until: timedelta | None = None) -> Exists:
    """Whether it was announced (so long ago), after the last hold on it was released."""
    told = AuditEntry.objects.filter(
        subject_kind=Document._meta.label_lower,
        subject_id=Cast(OuterRef("pk"), CharField()),
        action="removal announced",
    )
    if until is not None:
        told = told.filter(happened_at__lte=now() - until)
    released = AuditEntry.objects.filter(
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        action="hold released",
        pk__gt=OuterRef("pk"),
    )
    return Exists(told.exclude(Exists(released)))


@transaction.atomic
def _announce(document_id: int, notice: timedelta) -> bool:
    document = _lock(_over(notice).exclude(_announced()), document_id)
    if document is None:
        return False
    ends = max(today() + notice, document.keeping.kept_until or today())
    actor = system_actor()
    audit.record(actor, "removal announced", document, {"removed_on": [None, ends]})
    in_charge = organisation.people_in_charge(REMOVE, document.store_id)
    notify(
        TIME_IS_OVER,
        recipients={document.added_by_id} if document.added_by_id else in_charge,
        subject=document,
        values={"document": document.title, "day": ends},
        key=f"{document.pk}:{ends}",
        store_id=document.store_id,
        actor=actor,
    )
    return True


@transaction.atomic
def _remove(document_id: int, notice: timedelta) -> bool:
    document = _lock(_over().filter(_announced(until=notice)), document_id)
    if document is None:
        return False
    told = {"time_over": [None, document.keeping.kept_until], **what_it_was(document)}
    audit.record(system_actor(), "removed", document, told)
    take_away(document, by_request=False)
    return True


def _lock(documents: QuerySet[Document], document_id: int) -> Document | None:
    """The document as it is now, if it still belongs to these: a hold may have come meanwhile."""
    Document.objects.select_for_update().filter(pk=document_id).first()
    return documents.select_related("kind").filter(pk=document_id).first()
