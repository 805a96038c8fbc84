"""What the frame says of the group's state; it stands with the identity, so no query is needed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template

from billing.permissions import MANAGE
from billing.rules import TOLD_DAYS_AHEAD, State
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity
from tenants.models import DealerGroup

register = template.Library()
ALWAYS_TOLD = {State.PAST_DUE, State.RESTRICTED, State.SUSPENDED}


@dataclass(frozen=True, slots=True)
class Notice:
    state: str
    until: datetime | None
    may_pay: bool
    is_held: bool


@register.simple_tag
def standing_notice(group: GroupIdentity | None, actor: Actor | None) -> Notice | None:
    """What everybody is told while it is not paid, and who may pay a week ahead of any change."""
    if group is None or actor is None:
        return None
    may_pay = actor.can(MANAGE)
    if group.state not in ALWAYS_TOLD:
        is_soon = group.state_until is not None and (
            (group.state_until - now()).days < max(TOLD_DAYS_AHEAD)
        )
        if not (is_soon and may_pay):
            return None
    return Notice(group.state, group.state_until, may_pay, group.is_held)


@register.filter
def state_label(state: Any) -> str:
    """The name of a group's state."""
    return str(DealerGroup.State(state).label) if state else ""
