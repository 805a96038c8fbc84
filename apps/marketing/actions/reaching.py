"""What waits is done: in bounded batches, at a bounded rate, each once whatever crashes.

A batch is one transaction: the rows' new states, the messages and the tasks stand or fall together.
One worker of a group does it at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import get_current_timezone, localtime

from apps.crm.actions import schedule_follow_up, tag_customer
from apps.crm.facts import rewards
from apps.crm.queries import AUDIENCE, list_customers
from apps.marketing.links import address_for
from apps.marketing.models import Automation, Reach
from apps.marketing.notifications import MESSAGE
from apps.marketing.rules.pacing import is_quiet
from apps.marketing.rules.states import CampaignState, Deed, HeldReason, ReachState
from apps.notifications.actions import CustomerMessage, send_to_customers
from apps.notifications.policy import contact_policy
from apps.organisation import queries as organisation
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import DomainError
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import current_group, current_schema

DEEDS_AT_ONCE = 200
LATE_AT_ONCE = 2000
MINUTE = timedelta(minutes=1)
WRITES = Q(campaign__isnull=False) | Q(automation__deed=Deed.MESSAGE)
GOES_ON = Q(campaign__state=CampaignState.RUNNING) | Q(automation__is_on=True)


def has_waiting() -> bool:
    """Whether anything is due."""
    return Reach.objects.filter(state=ReachState.WAITING, due_at__lte=now()).exists()


@transaction.atomic
def carry_out() -> int:
    """Do what is due, as much as may be done in this minute; answers how many were dealt with.

    Messages leave at no more than the group's rate, outside of the quiet hours of each customer's
    own store; an automation reaches no more customers a day than it may. Nothing while another
    worker is at it.
    """
    if not _is_alone():
        return 0
    waiting = _waiting()
    late = list(waiting.filter(expires_at__lte=now())[:LATE_AT_ONCE])
    _write([reach for reach in late if _is_message(reach)])
    _hold([reach for reach in late if not _is_message(reach)], HeldReason.LATE)
    room = _Room()
    fresh = waiting.filter(expires_at__gt=now()).exclude(automation__in=room.full)
    deeds = room.within(fresh.exclude(WRITES)[:DEEDS_AT_ONCE])
    for reach in deeds:
        _do(reach)
    messages = room.within(fresh.filter(WRITES).filter(_awake())[: _left_this_minute()])
    _write(messages)
    return len(late) + len(deeds) + len(messages)


def _waiting() -> QuerySet[Reach]:
    rows = Reach.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        GOES_ON, state=ReachState.WAITING, due_at__lte=now()
    )
    return rows.select_related("automation", "campaign").order_by("due_at", "pk")


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        name = f"{current_schema()}:marketing.carry_out"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


def _is_message(reach: Reach) -> bool:
    return reach.automation is None or reach.automation.deed == Deed.MESSAGE


class _Room:
    """How many customers each automation may still reach on this day."""

    def __init__(self) -> None:
        capped = Automation.objects.filter(is_on=True, daily_cap__isnull=False)
        caps = dict(capped.values_list("pk", "daily_cap"))
        done = (
            Reach.objects.filter(automation__in=caps, done_at__gte=_beginning_of_day())
            .exclude(state=ReachState.HELD)
            .values_list("automation")
            .annotate(count=Count("pk"))
            if caps
            else ()
        )
        self._left = dict(caps)
        for automation_id, count in done:
            self._left[automation_id] -= count
        self.full = [pk for pk, left in self._left.items() if left <= 0]

    def within(self, rows: Iterable[Reach]) -> list[Reach]:
        """Those of the rows for which there is room, which they take."""
        taken = []
        for reach in rows:
            left = self._left.get(reach.automation_id or 0)
            if left is not None:
                if left <= 0:
                    continue
                self._left[reach.automation_id or 0] = left - 1
            taken.append(reach)
        return taken


def _beginning_of_day() -> datetime:
    return datetime.combine(today(), datetime.min.time(), get_current_timezone())


def _left_this_minute() -> int:
    rate = value_of("marketing.messages_per_minute")
    sent = Reach.objects.filter(WRITES, done_at__gt=now() - MINUTE).exclude(state=ReachState.HELD)
    return max(0, rate - sent.count())


def _awake() -> Q:
    """The customers of stores where it is not quiet now."""
    policy = contact_policy()
    group = current_group()
    own = group.time_zone if group else "UTC"
    awake = [
        zone
        for zone in sorted({*organisation.time_zones(), own})
        if not is_quiet(
            now().astimezone(ZoneInfo(zone)),
            quiet_from=policy.quiet_from,
            quiet_to=policy.quiet_to,
        )
    ]
    there = Q(customer__home_store__time_zone__in=awake)
    return there | Q(customer__home_store=None) if own in awake else there


# --- Messages -------------------------------------------------------------------------------------


def _write(reaches: Sequence[Reach]) -> None:
    """Hand the messages over, or note why they are not; the rest is decided when they leave."""
    by_channel: dict[str, list[Reach]] = {}
    for reach in reaches:
        by_channel.setdefault(channel_of(reach), []).append(reach)
    for channel, some in by_channel.items():
        rows = list_customers(system_actor()).in_bulk([reach.customer_id for reach in some])
        refused = send_to_customers(
            MESSAGE,
            audience=AUDIENCE,
            channel_code=channel,
            messages=[_message(reach, rows.get(reach.customer_id)) for reach in some],
            actor=system_actor(),
        )
        by_reason: dict[str, list[Reach]] = {}
        for reach in some:
            by_reason.setdefault(refused.get(key_of(reach), ""), []).append(reach)
        for reason, theirs in by_reason.items():
            if reason:
                _hold(theirs, reason)
            else:
                _settle(theirs, ReachState.QUEUED)


def key_of(reach: Reach) -> str:
    """Under which a reach's message is known to notifications."""
    return str(reach.pk)


def channel_of(reach: Reach) -> str:
    if reach.campaign is not None:
        return reach.campaign.channel
    assert reach.automation is not None
    return reach.automation.options["channel"]


def _message(reach: Reach, customer: object) -> CustomerMessage:
    return CustomerMessage(
        customer_id=reach.customer_id,
        key=key_of(reach),
        values={**_words(reach), **values_for(customer, link=_link(reach))},
        expires_at=reach.expires_at,
    )


def _words(reach: Reach) -> dict[str, str]:
    if reach.campaign is not None:
        campaign = reach.campaign
        return {
            "title": campaign.title,
            "text": campaign.text,
            "template": campaign.provider_template,
        }
    assert reach.automation is not None
    options = reach.automation.options
    return {name: options.get(name, "") for name in ("title", "text", "template")}


def _link(reach: Reach) -> str:
    return address_for(reach.pk)


def values_for(customer: object, *, link: str = "") -> dict[str, str]:
    """What stands for the placeholders in a message to a customer."""
    store, owner = getattr(customer, "home_store", None), getattr(customer, "owner", None)
    return {
        "name": str(getattr(customer, "name", "") or ""),
        "store": store.name if store else "",
        "advisor": owner.name if owner else "",
        "link": link,
    }


# --- Deeds ----------------------------------------------------------------------------------------


def _do(reach: Reach) -> None:
    automation = reach.automation
    assert automation is not None
    try:
        with transaction.atomic():
            reason = DEEDS[Deed(automation.deed)](reach, automation)
    except DomainError:
        reason = HeldReason.IMPOSSIBLE
    if reason:
        _hold([reach], reason)
    else:
        _settle([reach], ReachState.DONE)


def _plan_contact(reach: Reach, automation: Automation) -> str:
    customer = list_customers(system_actor()).filter(pk=reach.customer_id).first()
    if customer is None:
        return HeldReason.GONE
    if customer.owner_id is None:
        return HeldReason.NO_OWNER
    due = localtime(now()) + timedelta(days=automation.options.get("due_days", 1))
    schedule_follow_up(
        actor=system_actor(automation.name),
        customer_id=customer.pk,
        due_at=due,
        purpose=automation.options.get("purpose", "") or automation.name,
    )
    return ""


def _put_tag(reach: Reach, automation: Automation) -> str:
    tag_customer(
        customer_id=reach.customer_id,
        add=[automation.options["tag_id"]],
        actor=system_actor(automation.name),
    )
    return ""


def _give(reach: Reach, automation: Automation) -> str:
    reward = rewards().get(automation.options.get("reward", ""))
    if reward is None:
        return HeldReason.IMPOSSIBLE
    reward.give(reach.customer_id, automation.options.get("value", ""), key_of(reach), today())
    return ""


DEEDS: dict[Deed, Callable[[Reach, Automation], str]] = {
    Deed.TASK: _plan_contact,
    Deed.TAG: _put_tag,
    Deed.REWARD: _give,
}


def _settle(reaches: Sequence[Reach], state: ReachState) -> None:
    Reach.objects.filter(pk__in=[reach.pk for reach in reaches]).update(state=state, done_at=now())


def _hold(reaches: Sequence[Reach], reason: str) -> None:
    if reaches:
        Reach.objects.filter(pk__in=[reach.pk for reach in reaches]).update(
            state=ReachState.HELD, reason=reason, done_at=now()
        )
