"""Reads of webhooks and their deliveries, for those who manage them."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.models import Webhook, WebhookDelivery

MANAGE = "platform.manage_webhooks"


def list_webhooks(actor: Actor) -> QuerySet[Webhook]:
    return Webhook.objects.visible_to(actor)


def get_webhook(*, webhook_id: int, actor: Actor) -> Webhook:
    """Raises NotFound."""
    return _existing(list_webhooks(actor).filter(pk=webhook_id).first())


def lock_webhook(*, webhook_id: int, actor: Actor) -> Webhook:
    """Hold the webhook until the transaction ends. Raises NotFound."""
    return _existing(list_webhooks(actor).select_for_update().filter(pk=webhook_id).first())


def list_deliveries(actor: Actor, webhook_id: int | None = None) -> QuerySet[WebhookDelivery]:
    """All deliveries, or those of one webhook. Raises NotFound for a webhook that is none."""
    rows = WebhookDelivery.objects.visible_to(actor).select_related("webhook")
    if webhook_id is None:
        return rows
    return rows.filter(webhook=get_webhook(webhook_id=webhook_id, actor=actor))


def get_delivery(*, delivery_id: int, actor: Actor) -> WebhookDelivery:
    """Raises NotFound."""
    found = list_deliveries(actor).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound(_("There is no such delivery."))
    return found


def has_active() -> bool:
    return Webhook.objects.filter(is_active=True).exists()


def counts_of(webhook: Webhook) -> dict[str, int]:
    """How many deliveries there are in each state."""
    states = WebhookDelivery.State.values
    found = WebhookDelivery.objects.filter(webhook=webhook).values_list("state")
    return dict.fromkeys(states, 0) | {state: found.filter(state=state).count() for state in states}


def failed_ones() -> Q:
    """Deliveries that did not arrive at their first attempt and have not arrived since."""
    return Q(state=WebhookDelivery.State.GIVEN_UP) | Q(
        state=WebhookDelivery.State.PENDING, attempts__gt=0
    )


def _existing(found: Webhook | None) -> Webhook:
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found
