"""What may be done in a group by its state: asked by pages, API, tasks and outgoing webhooks alike.

A group that does not pay is read-only first; then its owner alone sees how to pay and to take the
data along. Nothing is lost meanwhile: what waits in its tables goes on when it pays.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from forecourt.kernel.errors import DomainError
from forecourt.kernel.groups import GroupIdentity

WRITABLE = frozenset({"PREPARING", "TRIALING", "ACTIVE", "PAST_DUE"})
READABLE = WRITABLE | {"RESTRICTED"}

View = TypeVar("View", bound=Callable[..., Any])


class ReadOnly(DomainError):
    code = "group_read_only"
    status = 402


class Suspended(DomainError):
    code = "group_suspended"
    status = 402


def may_write(group: GroupIdentity) -> bool:
    return group.state in WRITABLE


def may_read(group: GroupIdentity) -> bool:
    return group.state in READABLE


def works_when_restricted(view: View) -> View:
    """Decorator of a view that writes no business data, so that it works in a read-only group."""
    view.works_when_restricted = True  # type: ignore[attr-defined]
    return view


def works_when_suspended(view: View) -> View:
    """Decorator of a view that is open to the owner even while all others are shut: to pay, and to
    take the data along."""
    view.works_when_restricted = True  # type: ignore[attr-defined]
    view.works_when_suspended = True  # type: ignore[attr-defined]
    return view


def refusal_of(group: GroupIdentity, *, writes: bool, view: object) -> DomainError | None:
    """Why a request may not go on; None when it may."""
    if may_write(group):
        return None
    if not may_read(group):
        if getattr(view, "works_when_suspended", False):
            return None
        return _suspended(group)
    if writes and not getattr(view, "works_when_restricted", False):
        return ReadOnly(
            _("This group is read-only because it has not been paid for. Nothing was changed.")
        )
    return None


def _suspended(group: GroupIdentity) -> Suspended:
    if group.is_held:
        return Suspended(
            _("An operator of Forecourt has suspended this group. Its owner can write to support.")
        )
    return Suspended(
        _("This group is suspended because it has not been paid for. Its owner can reopen it.")
    )
