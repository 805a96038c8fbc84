"""Webhooks: addresses of other systems that are told of events (docs/api.md)."""

from forecourt.kernel.webhooks.actions import (
    WithSecret,
    change_webhook,
    create_webhook,
    delete_webhook,
    replay_delivery,
    replay_since,
    rotate_secret,
    send_test,
)
from forecourt.kernel.webhooks.delivery import deliver_events, payload_of
from forecourt.kernel.webhooks.events import WebhookSwitchedOff
from forecourt.kernel.webhooks.queries import (
    MANAGE,
    get_delivery,
    get_webhook,
    list_deliveries,
    list_webhooks,
)

__all__ = [
    "MANAGE",
    "WebhookSwitchedOff",
    "WithSecret",
    "change_webhook",
    "create_webhook",
    "delete_webhook",
    "deliver_events",
    "get_delivery",
    "get_webhook",
    "list_deliveries",
    "list_webhooks",
    "payload_of",
    "replay_delivery",
    "replay_since",
    "rotate_secret",
    "send_test",
]
