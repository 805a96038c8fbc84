"""What people do with webhooks: each asks for the right, and stands in the log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import audit, egress, feed
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotPermitted
from forecourt.kernel.models import Webhook, WebhookDelivery
from forecourt.kernel.tasks import enqueue
from forecourt.kernel.webhooks import delivery, queries
from forecourt.kernel.webhooks.queries import MANAGE
from forecourt.kernel.webhooks.signing import new_secret
from forecourt.kernel.webhooks.waking import forget

MOST_WEBHOOKS = 20
BOTH_COUNT_FOR = timedelta(hours=24)
"""How long the former secret signs too after a new one was made."""
REPLAY_BACK = timedelta(days=30)
REPLAY_MOST = 10_000
State = WebhookDelivery.State


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A webhook with the secret that was made for it: the only time that it is told."""

    webhook: Webhook
    secret: str


def create_webhook(*, name: str, url: str, types: Iterable[str], actor: Actor) -> WithSecret:
    """Have an address told of events from now on, with the rights of whoever makes it.

    Raises NotPermitted, Invalid, AddressRefused, or Conflict for a name that is taken.
    """
    actor.require(MANAGE)
    chosen = _chosen(types, actor)
    # Looking a name up may take long: not while anything is held.
    egress.require_public(url, field="url")
    feed.refresh()
    return _create(name=_named(name), url=url, types=chosen, actor=actor)


@transaction.atomic
def _create(*, name: str, url: str, types: list[str], actor: Actor) -> WithSecret:
    if Webhook.objects.count() >= MOST_WEBHOOKS:
        raise Conflict(_("A group has %(most)s webhooks at most.") % {"most": MOST_WEBHOOKS})
    secret, start = new_secret(), feed.end()
    webhook = Webhook(
        name=name,
        url=url,
        types=types,
        secret=secret,
        cursor_seal=start.seal,
        cursor_entry=start.entry,
        created_at=now(),
        **_rights_of(actor),
    )
    _save(webhook, insert=True)
    audit.record(actor, "created", webhook, {"url": [None, url], "types": [None, types]})
    forget()
    return WithSecret(webhook, secret)


def change_webhook(
    *,
    webhook_id: int,
    actor: Actor,
    name: str | None = None,
    url: str | None = None,
    types: Iterable[str] | None = None,
    is_active: bool | None = None,
) -> Webhook:
    """Change what is given. Another address or other events: the rights are then the changer's,
    so nobody directs what another may hear to an address of her own.

    Raises NotFound, NotPermitted, Invalid, AddressRefused, or Conflict for a name that is taken.
    """
    actor.require(MANAGE)
    webhook = queries.get_webhook(webhook_id=webhook_id, actor=actor)
    if url is not None and url != webhook.url:
        egress.require_public(url, field="url")
    return _change(webhook_id, actor, name, url, types, is_active)


@transaction.atomic
def _change(
    webhook_id: int,
    actor: Actor,
    name: str | None,
    url: str | None,
    types: Iterable[str] | None,
    is_active: bool | None,
) -> Webhook:
    webhook = queries.lock_webhook(webhook_id=webhook_id, actor=actor)
    before, directed = _facts(webhook), (webhook.url, webhook.types)
    if name is not None:
        webhook.name = _named(name)
    if url is not None:
        webhook.url = url
    if types is not None:
        webhook.types = sorted(set(types))
    if (webhook.url, webhook.types) != directed:
        _take_over(webhook, actor)
    if is_active is not None:
        _switch(webhook, is_active, actor)
    changes = audit.changes_between(before, _facts(webhook))
    if changes:
        _save(webhook)
        audit.record(actor, "changed", webhook, changes)
        forget()
    return webhook


@transaction.atomic
def delete_webhook(*, webhook_id: int, actor: Actor) -> None:
    """Raises NotFound or NotPermitted."""
    actor.require(MANAGE)
    webhook = queries.lock_webhook(webhook_id=webhook_id, actor=actor)
    audit.record(actor, "deleted", webhook, {"url": [webhook.url, None]})
    webhook.delete()
    forget()


@transaction.atomic
def rotate_secret(*, webhook_id: int, actor: Actor) -> WithSecret:
    """Make a new secret; for a day both sign. Raises NotFound or NotPermitted."""
    actor.require(MANAGE)
    webhook = queries.lock_webhook(webhook_id=webhook_id, actor=actor)
    secret = new_secret()
    webhook.previous_secret, webhook.secret = webhook.secret, secret
    webhook.previous_until = now() + BOTH_COUNT_FOR
    webhook.save(update_fields=["previous_secret", "secret", "previous_until"])
    audit.record(actor, "secret_renewed", webhook)
    return WithSecret(webhook, secret)


@transaction.atomic
def send_test(*, webhook_id: int, actor: Actor) -> WebhookDelivery:
    """Have an event of no record delivered. Raises NotFound, NotPermitted or Conflict (off)."""
    webhook = _lock_active(webhook_id, actor)
    moment = now()
    test = WebhookDelivery.objects.create(
        webhook=webhook, type=delivery.PING, queued_at=moment, next_at=moment
    )
    enqueue(delivery.deliver_events)
    return test


@transaction.atomic
def replay_delivery(*, delivery_id: int, actor: Actor) -> WebhookDelivery:
    """Send one event again, under the same id. Raises NotFound, NotPermitted or Conflict (off)."""
    found = queries.get_delivery(delivery_id=delivery_id, actor=actor)
    webhook = _lock_active(found.webhook_id, actor)
    moment = now()
    found.state, found.attempts, found.delivered_at = State.PENDING, 0, None
    found.queued_at = found.next_at = moment
    found.save(update_fields=["state", "attempts", "delivered_at", "queued_at", "next_at"])
    audit.record(actor, "replayed", webhook, {"event": found.entry_id or delivery.PING})
    enqueue(delivery.deliver_events)
    return found


@transaction.atomic
def replay_since(*, webhook_id: int, since: datetime, actor: Actor) -> int:
    """Send all events since a moment again, under the same ids; answers how many.

    Also those from before the webhook was made, as far as its person may hear of them. Raises
    NotFound, NotPermitted, Conflict (off) or Invalid (too long ago, too many).
    """
    webhook = _lock_active(webhook_id, actor)
    if not now() - REPLAY_BACK <= since <= now():
        raise Invalid(_("Choose a moment of the last 30 days."), field="since")
    person = delivery.actor_of(webhook)
    if person is None:
        raise NotPermitted(_("The person who started this no longer works here."))
    count = 0
    for events in _events_since(webhook, since, person):
        count += len(events)
        if count > REPLAY_MOST:
            raise Invalid(
                _("More than %(most)s events; choose a later moment.") % {"most": REPLAY_MOST},
                field="since",
            )
        delivery.queue(webhook, events, again=True)
    audit.record(actor, "replayed", webhook, {"since": since, "events": count})
    enqueue(delivery.deliver_events)
    return count


def _events_since(webhook: Webhook, since: datetime, person: Actor) -> Iterable[list[feed.Event]]:
    """What the webhook has had or could have had; newer events come by themselves."""
    cursor = feed.place_before(since)
    end = feed.Cursor(webhook.cursor_seal, webhook.cursor_entry)
    types = feed.named(webhook.types)
    has_more = True
    while has_more:
        batch = feed.read(actor=person, types=types, after=cursor, limit=delivery.BATCH)
        cursor, has_more = batch.cursor, batch.has_more
        reached = [one for one in batch.events if one.cursor <= end]
        has_more = has_more and len(reached) == len(batch.events)
        yield [one for one in reached if one.happened_at >= since]


def _lock_active(webhook_id: int, actor: Actor) -> Webhook:
    actor.require(MANAGE)
    webhook = queries.lock_webhook(webhook_id=webhook_id, actor=actor)
    if not webhook.is_active:
        raise Conflict(_("The webhook is switched off. Switch it on first."))
    return webhook


def _switch(webhook: Webhook, is_active: bool, actor: Actor) -> None:
    if is_active == webhook.is_active:
        return
    if is_active and delivery.actor_of(webhook) is None:
        _take_over(webhook, actor)
    webhook.is_active = is_active
    webhook.off_reason = "" if is_active else Webhook.Off.BY_HAND
    if is_active:
        webhook.failing_since = None


def _save(webhook: Webhook, *, insert: bool = False) -> None:
    try:
        with transaction.atomic():
            if insert:
                webhook.save(force_insert=True)
            else:
                webhook.save(update_fields=CHANGEABLE)
    except IntegrityError as error:
        raise Conflict(_("There is a webhook of this name."), field="name") from error


CHANGEABLE = [
    "name",
    "url",
    "types",
    "user_id",
    "staff_id",
    "staff_name",
    "is_active",
    "off_reason",
    "failing_since",
]


def _facts(webhook: Webhook) -> dict[str, Any]:
    """What the log shows of a webhook: everything but its secrets."""
    return {
        "name": webhook.name,
        "url": webhook.url,
        "types": sorted(webhook.types),
        "staff_name": webhook.staff_name,
        "is_active": webhook.is_active,
        "off_reason": webhook.off_reason,
    }


def _rights_of(actor: Actor) -> dict[str, Any]:
    if actor.user_id is None or actor.staff_id is None:
        raise NotPermitted(_("A webhook has the rights of a person."))
    return {"user_id": actor.user_id, "staff_id": actor.staff_id, "staff_name": actor.name}


def _named(name: str) -> str:
    if not name.strip():
        raise Invalid(_("Please enter a name."), field="name")
    return name.strip()


def _chosen(types: Iterable[str], actor: Actor) -> list[str]:
    wanted = sorted(set(types))
    heard = {event.type for event in feed.events_for(actor)}
    if not wanted:
        raise Invalid(_("Choose at least one event."), field="types")
    unknown = [name for name in wanted if name not in heard]
    if unknown:
        message = _("No event that you may hear of: %(names)s.")
        raise Invalid(message % {"names": ", ".join(unknown)[:200]}, field="types")
    return wanted


def _take_over(webhook: Webhook, actor: Actor) -> None:
    """Give it the rights of this person. Raises Invalid for events that she may not hear of."""
    webhook.types = _chosen(webhook.types, actor)
    for field, value in _rights_of(actor).items():
        setattr(webhook, field, value)
