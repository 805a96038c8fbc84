"""Automations are made, changed, switched, and find out whom they are to reach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from apps.crm import facts
from apps.crm import queries as crm
from apps.marketing import queries
from apps.marketing.actions.planning import Occasion, without_resting, write_down
from apps.marketing.errors import WrongState
from apps.marketing.models import Automation
from apps.marketing.rules.states import CHANNELS, Deed, Trigger
from apps.marketing.rules.texts import require_whole
from forecourt.kernel import audit, feed
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid

MANAGE = "marketing.manage_automation"
KEPT = (
    "name",
    "store_id",
    "trigger",
    "event",
    "fact",
    "offset_days",
    "segment_id",
    "deed",
    "options",
    "daily_cap",
    "rest_days",
    "valid_days",
)
CAUGHT_UP = timedelta(days=2)
"""Days that nobody planned, because everything stood still, are planned later up to so many."""
EVENTS_AT_ONCE = 500
MOST_DAYS = 3650


@transaction.atomic
def save_automation(*, actor: Actor, automation_id: int | None = None, **values: Any) -> Automation:
    """Make an automation, switched off, or change one; ``values`` are named in ``KEPT``.

    What is waiting already stays as it was planned. Raises Invalid, NotFound, NotPermitted.
    """
    if automation_id is None:
        automation = Automation(created_at=now())
    else:
        automation = queries.lock_automation(automation_id=automation_id, actor=actor)
        actor.require(MANAGE, store_id=automation.store_id or 0)
    before = {name: getattr(automation, name) for name in KEPT}
    for name, value in _checked({**before, **values}, actor).items():
        setattr(automation, name, value)
    changes = audit.changes_between(before, {name: getattr(automation, name) for name in KEPT})
    if automation_id is not None and not changes:
        return automation
    automation.version += automation_id is not None
    automation.changed_at = now()
    automation.save()
    audit.record(
        actor,
        "automation_made" if automation_id is None else "automation_changed",
        automation,
        changes,
    )
    return automation


@transaction.atomic
def switch_automation(*, automation_id: int, is_on: bool, actor: Actor) -> Automation:
    """Switch it on, from now on, or off; what waits stays until it is on again, or too late.

    Raises Invalid where its conditions are gone, NotFound, NotPermitted.
    """
    automation = queries.lock_automation(automation_id=automation_id, actor=actor)
    actor.require(MANAGE, store_id=automation.store_id or 0)
    if automation.is_on == is_on:
        return automation
    if is_on:
        _checked({name: getattr(automation, name) for name in KEPT}, actor)
        if automation.trigger == Trigger.EVENT:
            place = feed.end()
            automation.cursor_seal, automation.cursor_entry = place.seal, place.entry
        automation.planned_through = today() - timedelta(days=1)
    automation.is_on = is_on
    automation.save()
    audit.record(actor, "automation_switched", automation, {"is_on": [not is_on, is_on]})
    return automation


# --- What is asked of one -------------------------------------------------------------------------


def _checked(values: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The values as they are kept. Raises Invalid, NotFound, NotPermitted."""
    actor.require(MANAGE, store_id=values["store_id"] or 0)
    values["name"] = " ".join(str(values["name"]).split())[:80]
    if not values["name"]:
        raise Invalid(_("Give the automation a name."), field="name")
    if values["segment_id"] is not None:
        segment = queries.get_segment(segment_id=values["segment_id"], actor=actor)
        if not segment.is_shared:
            raise Invalid(_("Share the segment first."), field="segment_id")
    _check_trigger(values)
    values["options"] = _options(values["deed"], values["options"] or {})
    for name, low, high in (("rest_days", 0, MOST_DAYS), ("valid_days", 1, 60)):
        if not low <= int(values[name]) <= high:
            said = _("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}
            raise Invalid(said, field=name)
    if values["daily_cap"] is not None and not 1 <= values["daily_cap"] <= 1_000_000:
        raise Invalid(_("At least one customer a day."), field="daily_cap")
    return values


def _check_trigger(values: dict[str, Any]) -> None:
    if values["trigger"] == Trigger.EVENT:
        values["fact"], values["offset_days"] = "", 0
        if values["event"] not in {event.type for event in queries.events_about_customers()}:
            raise Invalid(_("Choose what is to happen."), field="event")
        return
    if values["trigger"] != Trigger.DATE:
        raise Invalid(_("Choose one of the list."), field="trigger")
    values["event"] = ""
    if values["fact"] not in {fact.code for fact in queries.dated_facts()}:
        raise Invalid(_("Choose a date."), field="fact")
    if not -365 <= int(values["offset_days"]) <= MOST_DAYS:
        raise Invalid(_("At most a year before, or ten years after it."), field="offset_days")


def _options(deed: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """What the deed needs, and nothing else."""
    if deed == Deed.MESSAGE:
        if raw.get("channel") not in CHANNELS:
            raise Invalid(_("Choose a channel."), field="channel")
        text, title = str(raw.get("text", ""))[:1000], str(raw.get("title", ""))[:100]
        require_whole(text, field="text", has_link=False)
        if raw["channel"] == "email":
            require_whole(title, field="title", has_link=False)
        template = str(raw.get("template", ""))[:60]
        return {"channel": raw["channel"], "title": title, "text": text, "template": template}
    if deed == Deed.TASK:
        days = raw.get("due_days", 1)
        if not isinstance(days, int) or not 1 <= days <= 365:
            said = _("Give a whole number from %(low)s to %(high)s.") % {"low": 1, "high": 365}
            raise Invalid(said, field="due_days")
        return {"purpose": str(raw.get("purpose", "")).strip()[:200], "due_days": days}
    if deed == Deed.TAG:
        tag_id = raw.get("tag_id")
        if not crm.active_tags().filter(pk=int(tag_id or 0)).exists():
            raise Invalid(_("Choose one of the tags in use."), field="tag_id")
        return {"tag_id": int(tag_id or 0)}
    if deed == Deed.REWARD and raw.get("reward") in facts.rewards():
        return {"reward": raw["reward"], "value": str(raw.get("value", ""))[:60]}
    raise Invalid(_("Choose one of the list."), field="deed")


# --- Whom it is to reach --------------------------------------------------------------------------


def plan_dates() -> int:
    """Write down for each automation on a date whose date has come; answers how many are new.

    A day that was missed while everything stood still is planned later, up to two of them.
    """
    on = queries.automations_on(Trigger.DATE)
    return sum(_plan_days(automation_id, today()) for automation_id in on)


@transaction.atomic
def _plan_days(automation_id: int, last: date) -> int:
    automation = Automation.objects.select_for_update().get(pk=automation_id)
    if not automation.is_on:
        return 0
    done = automation.planned_through or last - timedelta(days=1)
    day, count = max(done + timedelta(days=1), last - CAUGHT_UP), 0
    while day <= last:
        count += _plan_day(automation, day)
        day += timedelta(days=1)
    if automation.planned_through != last:
        automation.planned_through = last
        automation.save(update_fields=["planned_through"])
    return count


def _plan_day(automation: Automation, day: date) -> int:
    begin = datetime.combine(day, time(), get_current_timezone())
    target = queries.target_of(automation, day)
    customers = queries.customers_due(automation, day, system_actor())
    occasion = Occasion(
        automation,
        queries.occasion_of(automation, target),
        not_before=now(),
        expires_at=begin + timedelta(days=automation.valid_days),
        is_spread=automation.deed == Deed.MESSAGE,
    )
    return write_down(without_resting(customers, automation), occasion)


def plan_events() -> int:
    """Write down for each automation on an event whom it has happened to since; answers how many
    are new."""
    on = queries.automations_on(Trigger.EVENT)
    if on:
        feed.refresh()
    return sum(_plan_events(automation_id) for automation_id in on)


@transaction.atomic
def _plan_events(automation_id: int) -> int:
    automation = Automation.objects.select_for_update().get(pk=automation_id)
    types = feed.named([automation.event])
    if not automation.is_on or not types:
        return 0
    place = feed.Cursor(automation.cursor_seal, automation.cursor_entry)
    batch = feed.read(actor=system_actor(), types=types, after=place, limit=EVENTS_AT_ONCE)
    kind = types[0].subject
    whose = facts.customers_of(kind, [event.subject_id for event in batch.events])
    count = 0
    wanted = queries.customers_meant(automation, system_actor())
    known = set(wanted.filter(pk__in=whose.values()).values_list("pk", flat=True))
    for event in batch.events:
        customer_id = whose.get(event.subject_id)
        if customer_id not in known:
            continue
        one = without_resting(wanted.filter(pk=customer_id), automation)
        occasion = Occasion(
            automation,
            str(event.entry_id),
            not_before=now(),
            expires_at=now() + timedelta(days=automation.valid_days),
            is_spread=False,
        )
        count += write_down(one, occasion)
    automation.cursor_seal, automation.cursor_entry = batch.cursor.seal, batch.cursor.entry
    automation.save(update_fields=["cursor_seal", "cursor_entry"])
    return count


@transaction.atomic
def remove_automation(*, automation_id: int, actor: Actor) -> None:
    """Remove one that has reached nobody yet. Raises NotFound, NotPermitted, WrongState."""
    automation = queries.lock_automation(automation_id=automation_id, actor=actor)
    actor.require(MANAGE, store_id=automation.store_id or 0)
    if automation.reaches.exists():
        raise WrongState(_("It has reached customers: switch it off instead."))
    audit.record(actor, "automation_removed", automation, {"name": [automation.name, None]})
    automation.delete()
