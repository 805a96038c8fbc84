"""Feeds and what they pushed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from apps.crm.models import FeedMessage, LeadFeed
from apps.crm.queries.rows import one
from apps.crm.rules.feeds import MessageState
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now

COUNTED_DAYS = 7


def list_feeds(actor: Actor) -> QuerySet[LeadFeed]:
    return LeadFeed.objects.visible_to(actor)


def get_feed(*, feed_id: int, actor: Actor) -> LeadFeed:
    """Raises NotFound."""
    return one(list_feeds(actor), feed_id)


def feed_of_token(*, code: str, digest: str) -> LeadFeed | None:
    """The feed that is switched on, has this address, and whose token this is."""
    if not digest:
        return None
    return LeadFeed.objects.filter(code=code, token_digest=digest, is_active=True).first()


def list_feed_messages(actor: Actor) -> QuerySet[FeedMessage]:
    return FeedMessage.objects.visible_to(actor).select_related("feed", "lead").defer("payload")


def get_feed_message(*, message_id: int, actor: Actor) -> FeedMessage:
    """With its payload. Raises NotFound."""
    return one(
        FeedMessage.objects.visible_to(actor).select_related("feed", "lead__customer"), message_id
    )


def messages_to_mend(actor: Actor) -> QuerySet[FeedMessage]:
    return list_feed_messages(actor).filter(state=MessageState.STUCK)


def messages_left_behind(*, before: datetime) -> QuerySet[FeedMessage]:
    """Kept, and not looked at since."""
    return FeedMessage.objects.filter(state=MessageState.RECEIVED, received_at__lt=before).order_by(
        "pk"
    )


def has_messages_left_behind() -> bool:
    return messages_left_behind(before=now() - timedelta(minutes=2)).exists()


def feed_counts(feed: LeadFeed) -> dict[str, object]:
    """What the feed pushed in the last days: how much, what became of it, when the last came."""
    since = now() - timedelta(days=COUNTED_DAYS)
    return feed.messages.filter(received_at__gte=since).aggregate(
        count=Count("pk"),
        taken=Count("pk", filter=Q(state=MessageState.TAKEN)),
        stuck=Count("pk", filter=Q(state=MessageState.STUCK)),
        last_at=Max("received_at"),
    )
