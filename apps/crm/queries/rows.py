"""What the reads of this module share."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.crm.models import FollowUp
from apps.crm.rules.contacts import FollowUpState
from forecourt.kernel.access import Actor, ScopedModel
from forecourt.kernel.errors import NotFound, NotPermitted

Row = TypeVar("Row", bound=ScopedModel)


def lock(model: Any, *, pk: int, actor: Actor, permission: str) -> Any:
    """The row of ``model``, locked, if the actor may do this to it.

    Raises NotFound for a row outside her sight, NotPermitted for one that she may only see.
    """
    actor.require(permission)
    reachable = model.objects.visible_to(actor, permission)
    row = reachable.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        if model.objects.visible_to(actor).filter(pk=pk).exists():
            raise NotPermitted(_("You may not do this with this record."))
        raise NotFound(_("No such record."))
    return row


def one(queryset: QuerySet[Row], pk: int) -> Row:
    """Raises NotFound."""
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("No such record."))
    return row


def next_due(subject: str) -> Subquery:
    """When the next contact is planned about each row; ``subject`` is what a contact calls it."""
    return Subquery(
        FollowUp.objects.filter(**{subject: OuterRef("pk")}, state=FollowUpState.OPEN).values(
            "due_at"
        )[:1]
    )
