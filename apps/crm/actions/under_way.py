"""What is under way with customers goes along with them to whoever gets them.

Everybody locks in one order, each kind by key: test drives, leads, deals, and customers last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Case, F, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.crm.actions.telling import tell_of_test_drives
from apps.crm.errors import AlreadyBooked
from apps.crm.models import FollowUp, Opportunity, TestDrive
from apps.crm.models.test_drives import ADVISOR_TAKEN
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor


def locked(rows: QuerySet) -> list:
    """Always in the order of their keys, so that two who lock never wait for each other."""
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def lock_in_order(*of_each_kind: QuerySet) -> None:
    """Lock rows to be changed later: test drives, leads, deals, customers, as they are given."""
    for rows in of_each_kind:
        list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))


def take_along(
    *,
    deals: Iterable[Opportunity],
    plans: QuerySet[FollowUp],
    owner: Any,
    store_id: int | None,
    actor: Actor,
) -> None:
    """Give locked deals and open plans to ``owner``; deals stay in the store that opened them.

    A plan about nothing but the customer goes to ``store_id``. Whoever was told that one is overdue
    was somebody else, so the new owner is told again.
    """
    moved = [deal for deal in deals if deal.owner_id != owner.pk]
    former = organisation.names_of_staff({deal.owner_id for deal in moved})
    Opportunity.objects.filter(pk__in=[deal.pk for deal in moved]).update(owner=owner)
    audit.append(
        [
            audit.entry(
                actor, "handed_over", deal, {"owner": [former.get(deal.owner_id), owner.name]}
            )
            for deal in moved
        ]
    )
    there = Value(store_id, output_field=BigIntegerField())
    about_her = When(lead=None, opportunity=None, then=there)
    plans.update(owner=owner, reminded_at=None, store_id=Case(about_her, default=F("store_id")))


def take_over_drives(drives: Sequence[TestDrive], owner: Any, actor: Actor) -> None:
    """Let ``owner`` accompany locked drives that are booked. Raises AlreadyBooked."""
    if not drives:
        return
    former = organisation.names_of_staff({drive.advisor_id for drive in drives})
    with nobody_twice():
        TestDrive.objects.filter(pk__in=[drive.pk for drive in drives]).update(advisor=owner)
    audit.append(
        [
            audit.entry(
                actor, "handed_over", drive, {"owner": [former.get(drive.advisor_id), owner.name]}
            )
            for drive in drives
        ]
    )
    for drive in drives:
        drive.advisor = owner
    tell_of_test_drives(drives, actor)


@contextmanager
def nobody_twice() -> Iterator[None]:
    """Raises AlreadyBooked where whoever takes drives over is in another one by then."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if ADVISOR_TAKEN not in str(error):
            raise
        raise AlreadyBooked(
            _("Both have test drives booked at the same time. Move one of them first.")
        ) from error
