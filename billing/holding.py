"""What operators decide about how a group stands: a longer trial, held, let go.

Each is a fact in the group's row; the state follows from it as from all the others, by a worker,
because to tell a group of its state is done inside of the group.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from billing import following
from billing.models import Subscription
from billing.sweeps import settle_group
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from tenants.models import DealerGroup

logger = logging.getLogger(__name__)

LONGEST_EXTENSION_DAYS = 90


class NotHeld(Conflict):
    code = "group_not_held"


class HeldAlready(Conflict):
    code = "group_held_already"


class PaysAlready(Conflict):
    """A group that pays has no trial to extend."""

    code = "group_pays_already"


def extend_trial(*, group: DealerGroup, days: int) -> Subscription:
    """The trial ends so many days after its end, or after today if that is past.

    Raises Invalid or PaysAlready.
    """
    if not 1 <= days <= LONGEST_EXTENSION_DAYS:
        raise Invalid(
            _("From 1 to %(days)s days.") % {"days": LONGEST_EXTENSION_DAYS}, field="days"
        )
    with transaction.atomic(using="control"):
        row = _locked(group)
        if row.is_live:
            raise PaysAlready(_("This group has a subscription: there is no trial to extend."))
        row.trial_ends_at = max(row.trial_ends_at, now()) + timedelta(days=days)
        return _decided(row)


def hold(*, group: DealerGroup) -> Subscription:
    """Suspend the group, whatever it has paid, until it is let go. Raises HeldAlready."""
    with transaction.atomic(using="control"):
        row = _locked(group)
        if row.held_at is not None:
            raise HeldAlready(_("This group is suspended already."))
        row.held_at = now()
        return _decided(row)


def let_go(*, group: DealerGroup) -> Subscription:
    """Take the hold back: the group stands as its payments say. Raises NotHeld."""
    with transaction.atomic(using="control"):
        row = _locked(group)
        if row.held_at is None:
            raise NotHeld(_("No operator has suspended this group."))
        row.held_at = None
        return _decided(row)


def _locked(group: DealerGroup) -> Subscription:
    following.begin(group)
    return following.lock(group.schema_name)


def _decided(row: Subscription) -> Subscription:
    """Kept, due now, and looked at by a worker as soon as it is committed."""
    row.due_at = now()
    row.told = ""
    row.save()
    schema_name = row.schema_name
    transaction.on_commit(lambda: _wake(schema_name), using="control")
    return row


def _wake(schema_name: str) -> None:
    try:
        settle_group.apply_async(kwargs={"schema_name": schema_name}, retry=False)
    except settle_group.OperationalError:
        logger.warning("queue unreachable, left to the sweep", extra={"group": schema_name})
