"""Reads of notifications: a person's own, and nobody else's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from apps.notifications.audiences import get_audience
from apps.notifications.channels import channel
from apps.notifications.models import Delivery, Notification
from apps.notifications.policy import contact_policy
from apps.notifications.registry import Event, find_event
from apps.notifications.ways import open_ways
from apps.notifications.wording import words
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound
from forecourt.kernel.remembered import RememberedEach
from forecourt.kernel.secret import SHOWN

COUNT_AT_MOST = 100
LATEST = 8
WEEK = timedelta(days=7)
LOOKED_THROUGH = 60
"""How many of the newest are read for the drop-down, where several of a kind become one line."""


def list_notifications(actor: Actor) -> QuerySet[Notification]:
    """The person's own."""
    return Notification.objects.filter(recipient_id=actor.staff_id)


def get_notification(*, notification_id: int, actor: Actor) -> Notification:
    """One of the person's own. Raises NotFound."""
    row = list_notifications(actor).filter(pk=notification_id).first()
    if row is None:
        raise NotFound(_("No such notification."))
    return row


def _count_unread(staff_id: int) -> int:
    unread = Notification.objects.filter(recipient_id=staff_id, read_at__isnull=True)
    return unread.values("pk")[:COUNT_AT_MOST].count()


unread_count = RememberedEach("notifications.unread", _count_unread)
"""How many notifications a person has not read, up to COUNT_AT_MOST; by staff id."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notification as it is read: its words, where it leads, and for how many it stands."""

    id: int
    title: str
    body: str
    url: str
    icon: str
    created_at: datetime
    is_read: bool
    count: int = 1


def latest(actor: Actor) -> list[Told]:
    """The newest for the drop-down; unread ones of a groupable kind share a line."""
    rows = list(list_notifications(actor).order_by("-id")[:LOOKED_THROUGH])
    lines: list[list[Notification]] = []
    line_of: dict[str, list[Notification]] = {}
    for row in rows:
        event = find_event(row.event)
        if event is not None and event.is_groupable and not row.is_read:
            if row.event in line_of:
                line_of[row.event].append(row)
                continue
            line_of[row.event] = [row]
            lines.append(line_of[row.event])
        else:
            lines.append([row])
    return [told(line[0], count=len(line)) for line in lines[:LATEST]]


def told(row: Notification, *, count: int = 1) -> Told:
    """The notification in the language that is active."""
    event = find_event(row.event)
    title, body = words(event, row.values, count=count) if event else (row.event, "")
    return Told(
        id=row.pk,
        title=title,
        body=body,
        url=reverse("notifications:inbox") + f"?kind={row.event}&unread=yes"
        if count > 1
        else reverse("notifications:open", args=[row.pk]),
        icon=event.icon if event else "bell",
        created_at=row.created_at,
        is_read=row.is_read,
        count=count,
    )


def address_of(row: Notification | Delivery) -> str:
    """The page that a notification leads to: its subject's, else the inbox."""
    event = find_event(row.event)
    if event is None or not event.link:
        return reverse("notifications:inbox")
    try:
        page = reverse(event.link, args=[row.subject_id] if row.subject_id else [])
    except NoReverseMatch:
        return reverse("notifications:inbox")
    return f"{page}?{event.query}" if event.query else page


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to a customer that left, as her timeline tells it."""

    at: datetime
    channel: str
    icon: str
    title: str
    text: str
    state: str
    tone: str


TONES = {
    Delivery.State.SENT: "info",
    Delivery.State.REFUSED: "danger",
    Delivery.State.UNKNOWN: "warning",
}


def sent_to(
    kind: str, recipient_ids: Collection[int], *, before: datetime | None = None, size: int
) -> list[Sent]:
    """The messages that left for a customer whom the reader may see, the newest first.

    A customer who was merged with others has several ids.
    """
    rows = Delivery.objects.filter(
        recipient_kind=kind, recipient_id__in=recipient_ids, claimed_at__isnull=False
    )
    if before is not None:
        rows = rows.filter(claimed_at__lt=before)
    return [_sent(row) for row in rows.order_by("-claimed_at")[:size] if row.claimed_at]


def _sent(row: Delivery) -> Sent:
    event, used = find_event(row.event), channel(row.channel)
    hidden = dict.fromkeys(event.said_at_sending, SHOWN) if event else {}
    said = {**hidden, **row.values}
    title, text = words(event, said, way=row.channel) if event else (row.event, "")
    return Sent(
        at=row.claimed_at,
        channel=str(used.label),
        icon=used.icon,
        title=title,
        text=text,
        state=row.get_state_display(),
        tone=TONES.get(Delivery.State(row.state), "neutral"),
    )


def list_deliveries(actor: Actor) -> QuerySet[Delivery]:
    """What left, or was to leave, by other channels, as far as the person sees it."""
    return Delivery.objects.visible_to(actor)


def list_held(actor: Actor, audience: str, permission: str) -> QuerySet[Delivery]:
    """Messages to a module's customers that were held back, where the right reaches."""
    held = Delivery.objects.visible_to(actor, permission)
    return held.filter(recipient_kind=audience, state=Delivery.State.HELD)


def reason_choices(_actor: Actor) -> list[tuple[str, object]]:
    """Why messages are held back, for filtering."""
    held = ("NO_CONSENT", "CAP", "NO_ADDRESS", "LATE", "GONE", "CHANNEL_OFF")
    return [(reason, Delivery.Reason(reason).label) for reason in held]


def customers_at_cap(audience: str) -> QuerySet:
    """The ids of an audience's customers who get no more messages now, to narrow rows by."""
    states = (Delivery.State.SENDING, Delivery.State.SENT, Delivery.State.UNKNOWN)
    counted = Q(state__in=states, claimed_at__gt=now() - WEEK)
    return (
        Delivery.objects.filter(counted | Q(state=Delivery.State.WAITING), recipient_kind=audience)
        .values("recipient_id")
        .annotate(count=Count("pk"))
        .filter(count__gte=contact_policy().cap)
        .values("recipient_id")
    )


def over_cap(audience: str) -> Iterable[tuple[int, int]]:
    """``(customer id, messages)`` of those who had more than the cap in the last seven days."""
    states = (Delivery.State.SENDING, Delivery.State.SENT, Delivery.State.UNKNOWN)
    return (
        Delivery.objects.filter(
            recipient_kind=audience, state__in=states, claimed_at__gt=now() - WEEK
        )
        .values_list("recipient_id")
        .annotate(count=Count("pk"))
        .filter(count__gt=contact_policy().cap)
    )


def get_delivery(*, delivery_id: int, actor: Actor) -> Delivery:
    """Raises NotFound."""
    row = list_deliveries(actor).filter(pk=delivery_id).first()
    if row is None:
        raise NotFound(_("No such delivery."))
    return row


def lock_delivery(*, delivery_id: int, actor: Actor) -> Delivery:
    """The delivery for a change, in a transaction. Raises NotFound."""
    row = Delivery.objects.visible_to(actor).select_for_update().filter(pk=delivery_id).first()
    if row is None:
        raise NotFound(_("No such delivery."))
    return row


def kinds_of(actor: Actor) -> Iterable[tuple[str, object]]:
    """The kinds that the person has, for filtering."""
    codes = list_notifications(actor).order_by("event").values_list("event", flat=True).distinct()
    return [(code, event.label if (event := find_event(code)) else code) for code in codes]


def label_of(row: Notification) -> str:
    event = find_event(row.event)
    return str(event.label) if event else row.event


def sample_values(event: Event) -> dict[str, object]:
    """What the event said last, to show texts on something real; else what its placeholders mean.

    For those who may change the group's texts: it may be of any store.
    """
    rows = (
        model.objects.filter(event=event.code).order_by("-id").values_list("values", flat=True)
        for model in (Notification, Delivery)
    )
    found = next((values for kind in rows for values in kind[:1]), {})
    meant = {name: f"‹{label}›" for name, label in event.known_placeholders.items()}
    return {**meant, **found}


def why_unreachable(*, audience: str, customer_id: int, channel_code: str) -> str:
    """Why a message would not reach a customer as things stand, in words; empty where it may."""
    person = get_audience(audience).find([customer_id]).get(customer_id)
    if person is None:
        return str(Delivery.Reason.GONE.label)
    if channel_code not in open_ways.get():
        return str(Delivery.Reason.CHANNEL_OFF.label)
    if not channel(channel_code).address_of(person):
        return str(Delivery.Reason.NO_ADDRESS.label)
    return "" if channel_code in person.consents else str(Delivery.Reason.NO_CONSENT.label)
