"""Contacts with a customer and what follows from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.rules.opportunities import IntentLevel
from forecourt.kernel.errors import Invalid


class InteractionKind(TextChoices):
    CALL = "CALL", pgettext_lazy("contact", "Call")
    VISIT = "VISIT", _("Visit")
    WECHAT = "WECHAT", _("WeChat")
    MESSAGE = "MESSAGE", pgettext_lazy("contact", "Message")
    ENQUIRY = "ENQUIRY", _("Enquiry")


class InteractionResult(TextChoices):
    REACHED = "REACHED", _("Reached")
    APPOINTMENT = "APPOINTMENT", _("Appointment made")
    NO_ANSWER = "NO_ANSWER", _("No answer")
    REFUSED = "REFUSED", _("Does not want to talk")
    WRONG_NUMBER = "WRONG_NUMBER", _("Wrong number")
    CAME_IN = "CAME_IN", _("Came in")


class FollowUpState(TextChoices):
    OPEN = "OPEN", pgettext_lazy("follow-up", "Open")
    DONE = "DONE", _("Done")
    SKIPPED = "SKIPPED", _("Skipped")


LOGGED_BY_HAND = (
    InteractionKind.CALL,
    InteractionKind.VISIT,
    InteractionKind.WECHAT,
    InteractionKind.MESSAGE,
)
"""Enquiries come in by themselves; the other kinds are logged by people."""

TALKED = frozenset(
    {InteractionResult.REACHED, InteractionResult.APPOINTMENT, InteractionResult.REFUSED}
)
"""Results that mean somebody spoke with the customer."""

DAYS_UNTIL_NEXT: dict[str, int] = {
    IntentLevel.H: 1,
    IntentLevel.A: 3,
    IntentLevel.B: 7,
    IntentLevel.C: 15,
}
UNKNOWN_LEVEL_DAYS = 2
RETRY_AFTER = timedelta(hours=4)
"""Somebody who did not pick up is called again the same day, if there is time."""

LONGEST_PLAN = timedelta(days=366)


def next_follow_up_at(
    *,
    after: datetime,
    days: int,
    result: str,
    opens_at: time,
    closes_at: time,
    zone: ZoneInfo,
    closed: Collection[date] = (),
) -> datetime:
    """When to contact the customer again, as proposed: in business hours, on no ``closed`` day.

    No answer: four hours later, else the next morning. Otherwise ``days`` later, as the intent
    level asks for, at the hour of the present contact.
    """
    local = after.astimezone(zone)
    if result == InteractionResult.NO_ANSWER:
        wanted = local + RETRY_AFTER
    else:
        wanted = local + timedelta(days=days)
    wanted = wanted.replace(minute=wanted.minute // 15 * 15, second=0, microsecond=0)
    if wanted.time() < opens_at:
        wanted = _at(wanted, opens_at)
    elif wanted.time() >= closes_at:
        wanted = _at(wanted + timedelta(days=1), opens_at)
    while wanted.date() in closed:
        wanted += timedelta(days=1)
    return wanted


def require_future(*, due_at: datetime, now: datetime) -> None:
    """Raises Invalid for a plan that lies behind us or more than a year ahead."""
    if due_at < now - timedelta(minutes=5):
        raise Invalid(_t("Choose a time from now on."), field="due_at")
    if due_at > now + LONGEST_PLAN:
        raise Invalid(_t("Plan at most one year ahead."), field="due_at")


def require_past(*, happened_at: datetime, now: datetime) -> None:
    """Raises Invalid for a contact that has not happened yet."""
    if happened_at > now + timedelta(minutes=5):
        raise Invalid(_t("A contact cannot lie in the future."), field="happened_at")


def _at(day: datetime, hour: time) -> datetime:
    return day.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
