from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record, removal
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from forecourt.kernel import webhooks
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.models import Webhook as WebhookModel
from forecourt.kernel.models import WebhookDelivery

MANAGE = webhooks.MANAGE
TOLD_ONCE = _("The secret is told this once.")


class WebhookRow(Representation):
    """An address that is told of events, with the rights of one person."""

    id = IdField()
    name = serializers.CharField()
    url = serializers.CharField()
    types = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    off_reason = serializers.ChoiceField(WebhookModel.Off.choices)
    staff_id = IdField(help_text=_("Whose rights it has."))
    failing_since = serializers.DateTimeField(allow_null=True)
    last_delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class WebhookWithSecret(WebhookRow):
    """A webhook and the secret that its deliveries are signed with."""

    secret = serializers.CharField(
        source="told_secret", allow_null=True, help_text=_("Null when the request is repeated.")
    )


class DeliveryRow(Representation):
    """One event on its way to a webhook."""

    id = IdField()
    event_id = IdField(source="entry_id", allow_null=True, help_text=_("Null for a test."))
    type = serializers.CharField()
    state = serializers.ChoiceField(WebhookDelivery.State.choices)
    attempts = serializers.IntegerField()
    queued_at = serializers.DateTimeField()
    next_at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True, help_text=_("The answer's status."))
    excerpt = serializers.CharField(help_text=_("How the answer begins, or why there is none."))
    delivered_at = serializers.DateTimeField(allow_null=True)


class Replayed(Representation):
    """How many events are sent again."""

    events = serializers.IntegerField(source="*")


class WebhookBody(Body):
    name = serializers.CharField(max_length=60)
    url = serializers.CharField(max_length=500)
    types = serializers.ListField(child=serializers.CharField(max_length=60), max_length=500)


class WebhookChangeBody(WebhookBody):
    is_active = serializers.BooleanField(required=False)


class ReplayBody(Body):
    """One of the two."""

    since = serializers.DateTimeField(required=False)
    delivery_id = IdField(required=False)


def _create(*, actor: Actor, **values: Any) -> Any:
    return _secret_shown(webhooks.create_webhook(actor=actor, **values))


def _rotate(*, webhook_id: int, actor: Actor) -> Any:
    return _secret_shown(webhooks.rotate_secret(webhook_id=webhook_id, actor=actor))


def _secret_shown(made: webhooks.WithSecret) -> WebhookModel:
    made.webhook.told_secret = made.secret
    return made.webhook


def _replay(*, webhook_id: int, actor: Actor, **which: Any) -> int:
    webhooks.get_webhook(webhook_id=webhook_id, actor=actor)
    if len(which) != 1:
        raise Invalid(_t("Give either since or delivery_id."))
    if "since" in which:
        return webhooks.replay_since(webhook_id=webhook_id, actor=actor, **which)
    found = webhooks.get_delivery(actor=actor, **which)
    if found.webhook_id != webhook_id:
        raise NotFound(_t("There is no such delivery."))
    webhooks.replay_delivery(actor=actor, **which)
    return 1


class Webhooks(Endpoint):
    tag = "webhooks"
    get = page(
        webhooks.list_webhooks,
        WebhookRow,
        name="list_webhooks",
        summary=_("Webhooks"),
        permission=MANAGE,
        filters={"is_active": Filter(serializers.BooleanField(), "is_active")},
        orderings={"id": "id", "name": "name"},
        default_ordering="id",
    )
    post = command(
        _create,
        WebhookBody,
        WebhookWithSecret,
        name="create_webhook",
        summary=_("Have an address told of events from now on"),
        permission=MANAGE,
        status=201,
        description=TOLD_ONCE,
        told_once=("secret",),
    )


class Webhook(Endpoint):
    tag = "webhooks"
    get = record(
        webhooks.get_webhook,
        WebhookRow,
        name="get_webhook",
        summary=_("A webhook"),
        permission=MANAGE,
    )
    patch = change(
        webhooks.change_webhook,
        WebhookChangeBody,
        WebhookRow,
        get_row=webhooks.get_webhook,
        name="change_webhook",
        summary=_("Change a webhook, switch it off or on"),
        permission=MANAGE,
        description=_("With another address or other events it has your rights from then on."),
    )
    delete = removal(
        webhooks.delete_webhook,
        name="delete_webhook",
        summary=_("Remove a webhook and its deliveries"),
        permission=MANAGE,
    )


class Rotate(Endpoint):
    tag = "webhooks"
    post = command(
        _rotate,
        NoBody,
        WebhookWithSecret,
        name="rotate_webhook_secret",
        summary=_("Make a new secret; for a day both sign"),
        permission=MANAGE,
        description=TOLD_ONCE,
        told_once=("secret",),
    )


class Test(Endpoint):
    tag = "webhooks"
    post = command(
        webhooks.send_test,
        NoBody,
        DeliveryRow,
        name="test_webhook",
        summary=_("Send a test"),
        permission=MANAGE,
        status=202,
    )


class Deliveries(Endpoint):
    tag = "webhooks"
    get = page(
        webhooks.list_deliveries,
        DeliveryRow,
        name="list_webhook_deliveries",
        summary=_("What a webhook was sent, and what it answered"),
        permission=MANAGE,
        filters={
            "state": Filter(
                serializers.ChoiceField(WebhookDelivery.State.choices), "state__in", many=True
            ),
            "type": Filter(serializers.CharField(max_length=60), "type__in", many=True),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )


class Replay(Endpoint):
    tag = "webhooks"
    post = command(
        _replay,
        ReplayBody,
        Replayed,
        name="replay_webhook",
        summary=_("Send one event, or all since a moment, again under the same ids"),
        permission=MANAGE,
        status=202,
    )
