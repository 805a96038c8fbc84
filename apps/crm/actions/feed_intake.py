"""What feeds push, taken in: kept first, as it came, and then made a lead.

The two are transactions of their own. Whatever happens after the first, the message is there: one
that makes no lead waits to be mended, and one whose worker died is taken up again by the sweep.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.feed_reading import Reading, read_message
from apps.crm.actions.registration import register_lead
from apps.crm.actions.telling import tell_of_stuck_message
from apps.crm.models import FeedMessage, Lead, LeadFeed
from apps.crm.models.feeds import MANAGE
from apps.crm.rules import feeds as rules
from apps.crm.rules.feeds import MessageState
from forecourt.kernel import audit, custom_fields
from forecourt.kernel.access import Actor, Grant
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, DomainError, Invalid
from forecourt.kernel.group_settings import value_of

logger = logging.getLogger(__name__)

TAKEN_UP_AFTER = timedelta(minutes=2)
"""A message that is still being taken in so long after it came has lost whoever took it in."""
AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: a lead of its own, one more call for a lead, or nothing yet."""

    message: FeedMessage
    lead: Lead | None
    is_new: bool = False
    is_repeat: bool = False
    is_redelivery: bool = False


def feed_actor(feed: LeadFeed) -> Actor:
    """Who takes in what a feed pushes: the feed itself, which may enter leads and nothing else."""
    return Actor(
        user_id=None,
        staff_id=None,
        name=feed.name,
        language=settings.LANGUAGE_CODE,
        grants={"crm.register_lead": Grant(everything=True)},
        channel="feed",
    )


def receive_message(*, feed: LeadFeed, body: bytes, content_type: str) -> Receipt:
    """Keep what a feed pushed, and make a lead of it.

    The same bytes again change nothing. Without a lead in the answer the message waits to be
    mended. Raises Invalid for what is too large to be an enquiry.
    """
    if len(body) > rules.LARGEST_PAYLOAD:
        raise Invalid(
            _("At most %(count)s KB.") % {"count": rules.LARGEST_PAYLOAD // 1024}, field="payload"
        )
    text = body.decode(errors="backslashreplace")
    reading = _read(feed, text, content_type)
    key = rules.message_key(body, external_id=_reference(reading), day=today().isoformat())
    message, is_first = FeedMessage.objects.get_or_create(
        feed=feed,
        key=key,
        defaults={"content_type": content_type, "payload": text, "received_at": now()},
    )
    return take_in_message(message_id=message.pk, is_first=is_first)


@transaction.atomic
def take_in_message(*, message_id: int, is_first: bool = True) -> Receipt:
    """Make a lead of a kept message; of two who do it at once, the second finds it done."""
    message = (
        FeedMessage.objects.select_for_update(of=("self",))
        .select_related("feed")
        .get(pk=message_id)
    )
    if message.state in (MessageState.TAKEN, MessageState.DISMISSED):
        return Receipt(message, message.lead, is_redelivery=True)
    feed = message.feed
    reading = _read(feed, message.payload.reveal(), message.content_type)
    if not reading.problems:
        try:
            with transaction.atomic():
                return _register(message, reading, feed_actor(feed))
        except DomainError as refusal:
            reading.problems[refusal.field or "payload"] = refusal.message
    was_told = message.state == MessageState.STUCK
    message.state, message.problems = MessageState.STUCK, sorted(reading.problems)
    message.save(update_fields=["state", "problems"])
    if not was_told:
        tell_of_stuck_message(message, feed_actor(feed))
    return Receipt(message, None, is_redelivery=not is_first)


@transaction.atomic
def replay_message(*, message_id: int, actor: Actor) -> Receipt:
    """Try a message that waits to be mended again, by the feed's mapping of now.

    Raises NotFound, NotPermitted, Conflict (it is settled, or the feed is to be mended still).
    """
    message = _lock_open(message_id, actor)
    receipt = take_in_message(message_id=message.pk)
    if receipt.lead is None:
        raise Conflict(
            _("There is still no lead in it; look at what is wrong: %(fields)s.")
            % {"fields": ", ".join(_labels(receipt.message.problems))}
        )
    audit.record(actor, "taken in again", receipt.message, {"lead": [None, receipt.lead.number]})
    return receipt


@transaction.atomic
def dismiss_message(*, message_id: int, reason: str, actor: Actor) -> FeedMessage:
    """Lay a message aside of which no lead shall be made. Raises NotFound, NotPermitted, Invalid,
    Conflict (it is settled)."""
    message = _lock_open(message_id, actor)
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    message.state, message.settled_at = MessageState.DISMISSED, now()
    message.dismiss_reason = reason.strip()[:200]
    message.save(update_fields=["state", "settled_at", "dismiss_reason"])
    audit.record(actor, "dismissed", message, {"reason": [None, message.dismiss_reason]})
    return message


def take_up_messages() -> int:
    """Take in what was kept and then forgotten, for the process that did it has died."""
    left = queries.messages_left_behind(before=now() - TAKEN_UP_AFTER)
    ids = list(left.values_list("pk", flat=True)[:AT_MOST])
    for message_id in ids:
        try:
            take_in_message(message_id=message_id)
        except Exception:
            # One that breaks whoever looks at it must not keep back those after it.
            logger.exception("Message %s of a feed cannot be taken in.", message_id)
            FeedMessage.objects.filter(pk=message_id, state=MessageState.RECEIVED).update(
                state=MessageState.STUCK, problems=["payload"]
            )
    return len(ids)


def forget_payloads() -> int:
    """Empty what was kept of people longer than the group keeps it; what is to be mended stays.

    What is emptied is of no type any more: an encrypted column cannot be asked whether it is empty.
    """
    before = now() - timedelta(days=value_of("crm.feed_payload_days"))
    settled = FeedMessage.objects.filter(
        state__in=(MessageState.TAKEN, MessageState.DISMISSED), settled_at__lt=before
    )
    return settled.exclude(content_type="").update(payload="", content_type="")


def _read(feed: LeadFeed, text: str, content_type: str) -> Reading:
    return read_message(
        text,
        content_type,
        source=feed.source,
        mapping=feed.mapping,
        campaign_code=feed.campaign_code,
    )


def _reference(reading: Reading) -> str:
    return str(reading.details.get("external_id", ""))


def _register(message: FeedMessage, reading: Reading, actor: Actor) -> Receipt:
    details = dict(reading.details)
    details["external_id"] = rules.reference_of(_reference(reading), message.key)
    details["payload"] = {"feed": message.feed.code, "message": message.pk}
    registered = register_lead(actor=actor, **details)
    if reading.custom and registered.is_new:
        # What a feed does not send is not demanded of it: the lead counts, not the form.
        custom_fields.save_many([(registered.lead, reading.custom)], actor=actor)
    message.state, message.lead, message.settled_at = MessageState.TAKEN, registered.lead, now()
    message.problems = []
    message.save(update_fields=["state", "lead", "settled_at", "problems"])
    return Receipt(
        message,
        registered.lead,
        is_new=registered.is_new,
        is_repeat=registered.is_repeat,
        is_redelivery=registered.is_redelivery,
    )


def _lock_open(message_id: int, actor: Actor) -> FeedMessage:
    message: FeedMessage = queries.lock(FeedMessage, pk=message_id, actor=actor, permission=MANAGE)
    if message.state in (MessageState.TAKEN, MessageState.DISMISSED):
        raise Conflict(_("This message is settled already."))
    return message


def _labels(problems: list[str]) -> list[str]:
    return [str(rules.TARGETS.get(name, name)) for name in problems]
