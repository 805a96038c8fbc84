"""What happens by itself."""

from __future__ import annotations

from datetime import time

from apps.marketing import actions
from apps.marketing.queries import automations_on, has_running, rules_to_run
from apps.marketing.rules.states import Trigger
from forecourt.kernel.schedule import daily, every
from forecourt.kernel.tasks import group_task


@daily(at=time(2, 50), when=lambda: rules_to_run().exists())
@group_task
def follow_segments() -> None:
    """Each night: tags that follow a segment are put on and taken back."""
    actions.run_tag_rules()


@every(minutes=15, when=lambda: bool(automations_on(Trigger.DATE)))
@group_task
def plan_days() -> None:
    """Write down whose date has come; a day once, however often it is asked."""
    actions.plan_dates()


@every(minutes=1, when=lambda: bool(automations_on(Trigger.EVENT)))
@group_task
def hear_events() -> None:
    """Write down to whom something has happened."""
    actions.plan_events()


@every(minutes=1, when=actions.has_waiting)
@group_task
def carry_out() -> None:
    """Do what is due, as much as may be done in a minute."""
    actions.carry_out()


@every(minutes=10, when=has_running)
@group_task
def finish_campaigns() -> None:
    """Close campaigns for which nobody waits any more."""
    actions.finish_campaigns()
