"""What operators do about groups and the platform.

Each says who acts and why, is one transaction on the platform's tables together with its entry in
the log, and touches nothing inside of a group: that is a worker's.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from billing import holding
from billing.models import Subscription
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.operators import logbook, queries
from forecourt.operators.logbook import Acting
from forecourt.operators.rules import require_confirmed, require_reason
from forecourt.support import entering
from tenants import backups, chores
from tenants.groups import require_free_address
from tenants.models import DealerGroup, PlatformJob

MOST_SPACES = 50


def extend_trial(*, group_id: int, days: int, reason: str, acting: Acting) -> Subscription:
    """Raises NotPermitted, NotFound, Invalid or Conflict (it pays already)."""
    group, reason = _begin(group_id, reason, acting)
    with transaction.atomic(using="control"):
        row = holding.extend_trial(group=group, days=days)
        _record(acting, "trial_extended", group, reason, days=days, until=f"{row.trial_ends_at:%F}")
    return row


def suspend(*, group_id: int, confirmation: str, reason: str, acting: Acting) -> None:
    """Keep the group suspended until :func:`let_go`, whatever it pays.

    ``confirmation`` is its address. Raises NotPermitted, NotFound, Invalid or Conflict.
    """
    group, reason = _begin(group_id, reason, acting)
    require_confirmed(group.slug, confirmation)
    with transaction.atomic(using="control"):
        holding.hold(group=group)
        _record(acting, "group_held", group, reason)


def let_go(*, group_id: int, reason: str, acting: Acting) -> None:
    """Raises NotPermitted, NotFound, Invalid or Conflict."""
    group, reason = _begin(group_id, reason, acting)
    with transaction.atomic(using="control"):
        holding.let_go(group=group)
        _record(acting, "group_let_go", group, reason)


def start_backup(*, group_id: int, reason: str, acting: Acting) -> PlatformJob:
    """Have the group's archive written into its own store.

    Raises NotPermitted, NotFound, Invalid or Conflict while one is being written.
    """
    group, reason = _begin(group_id, reason, acting)
    with transaction.atomic(using="control"):
        job = chores.order(
            PlatformJob.Kind.BACKUP,
            ordered_by=acting.operator.name,
            schema_name=group.schema_name,
        )
        _record(acting, "backup_ordered", group, reason, job=job.pk)
    return job


def restore_backup(
    *, group_id: int, backup_id: int, slug: str, reason: str, acting: Acting
) -> PlatformJob:
    """Have a new group made of a backup at the address ``slug``; the group itself stays as it is.

    Raises NotPermitted, NotFound, Invalid or Conflict (the address is taken).
    """
    group, reason = _begin(group_id, reason, acting)
    backups.get_backup(job_id=backup_id, schema_name=group.schema_name)
    slug = slug.strip().lower()
    require_free_address(slug)
    with transaction.atomic(using="control"):
        job = chores.order(
            PlatformJob.Kind.COPY,
            ordered_by=acting.operator.name,
            schema_name=group.schema_name,
            backup_id=backup_id,
            slug=slug,
        )
        _record(acting, "copy_ordered", group, reason, job=job.pk, address=slug)
    return job


def enter_group(*, group: DealerGroup, browser_digest: str, reason: str, acting: Acting) -> str:
    """The address that lets this operator into the group that has let support in, once.

    Raises NotPermitted (also where support is not let in) or Invalid.
    """
    _require_acting(acting)
    reason = require_reason(reason)
    with transaction.atomic(using="control"):
        address = entering.issue(
            group=group,
            operator_id=acting.operator.user_id,
            operator_name=acting.operator.name,
            browser_digest=browser_digest,
        )
        _record(acting, "group_entered", group, reason)
    return address


def prepare_spaces(*, size: int, reason: str, acting: Acting) -> PlatformJob:
    """Have the pool filled up to ``size`` spaces. Raises NotPermitted, Invalid or Conflict."""
    _require_acting(acting)
    reason = require_reason(reason)
    if not 1 <= size <= MOST_SPACES:
        raise Invalid(_("From 1 to %(most)s spaces.") % {"most": MOST_SPACES}, field="size")
    with transaction.atomic(using="control"):
        job = chores.order(PlatformJob.Kind.SPACES, ordered_by=acting.operator.name, size=size)
        logbook.record(acting, "spaces_ordered", reason=reason, size=size, job=job.pk)
    return job


def _begin(group_id: int, reason: str, acting: Acting) -> tuple[DealerGroup, str]:
    _require_acting(acting)
    return queries.get_group(group_id), require_reason(reason)


def _require_acting(acting: Acting) -> None:
    if not acting.operator.may_act:
        raise NotPermitted(_("Your role lets you see, and not act."))


def _record(
    acting: Acting, action: str, group: DealerGroup, reason: str, **facts: str | int
) -> None:
    logbook.record(
        acting, action, schema_name=group.schema_name, subject=group.slug, reason=reason, **facts
    )
