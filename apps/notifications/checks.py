"""What must always be true of notifications and deliveries."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F, Q

from apps.notifications.models import ChannelSettings, Delivery, Notification, TemplateText
from apps.notifications.registry import find_event
from apps.notifications.rules import texts
from apps.notifications.ways import secrets_of
from forecourt.kernel import crypto
from forecourt.kernel.clock import now
from forecourt.kernel.models import OutboxMessage
from forecourt.kernel.verify import Problem, check

STUCK = timedelta(hours=2)


@check("messages that wait have somebody who will send them")
def _waiting_messages_are_woken() -> Iterable[Problem]:
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING).count()
    pending = OutboxMessage.objects.filter(
        topic="notifications.delivery", delivered_at__isnull=True
    ).count()
    if waiting > pending:
        yield Problem("deliveries", f"{waiting} wait and only {pending} will be sent")


@check("messages that began to leave have come to an end")
def _claims_are_settled() -> Iterable[Problem]:
    stuck = Delivery.objects.filter(state=Delivery.State.SENDING, claimed_at__lt=now() - STUCK)
    for row in stuck[:20]:
        yield Problem(str(row), "has been leaving for hours")


@check("ended messages say when and, if they did not go, why")
def _ends_are_explained() -> Iterable[Problem]:
    ended = Delivery.objects.exclude(state__in=[Delivery.State.WAITING, Delivery.State.SENDING])
    for row in ended.filter(
        Q(ended_at__isnull=True) | (~Q(state=Delivery.State.SENT) & Q(reason=""))
    )[:20]:
        yield Problem(str(row), f"is {row.state} without a reason or a time")


@check("notifications are read after they were written")
def _read_after_written() -> Iterable[Problem]:
    for row in Notification.objects.filter(read_at__lt=F("created_at"))[:20]:
        yield Problem(str(row), "was read before it was written")


@check("texts of notifications name only placeholders that exist")
def _texts_are_sound() -> Iterable[Problem]:
    for row in TemplateText.objects.all():
        event = find_event(row.event)
        if event is None:
            continue
        named = texts.placeholders_in(row.title) | texts.placeholders_in(row.body)
        unknown = named - event.known_placeholders.keys()
        if unknown:
            yield Problem(str(row), f"names {', '.join(sorted(unknown))}")


@check("credentials of channels can be opened")
def _credentials_open() -> Iterable[Problem]:
    for row in ChannelSettings.objects.all():
        try:
            secrets_of(row)
        except crypto.Undecipherable:
            yield Problem(row.code, "its credentials were sealed with another key")
