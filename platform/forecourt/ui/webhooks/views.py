"""Pages of webhooks; each changes something by one action."""

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from forecourt.kernel import feed, webhooks
from forecourt.kernel.access import Actor
from forecourt.kernel.models import Webhook, WebhookDelivery
from forecourt.kernel.webhooks import MANAGE
from forecourt.ui import details, forms, tones, values
from forecourt.ui.access import requires
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    NumberColumn,
    StatusColumn,
)
from forecourt.ui.responses import go_to, render_page
from forecourt.ui.webhooks.forms import ReplayForm, WebhookForm

tones.declare(
    WebhookDelivery,
    {"PENDING": "info", "DELIVERED": "success", "GIVEN_UP": "danger"},
    field="state",
)
details.register_verbs(
    {
        "switched_off": (gettext_lazy("Switched off"), "plug", "danger"),
        "secret_renewed": (gettext_lazy("Secret renewed"), "key", "warning"),
        "replayed": (gettext_lazy("Events sent again"), "refresh", "info"),
    }
)


class ConditionColumn(Column):
    """Whether a webhook is on, and whether what it is sent arrives."""

    def show(self, value: Any, row: Webhook) -> SafeString | str:
        return values.badge(*condition_of(row))


def condition_of(webhook: Webhook) -> tuple[str, str]:
    """A word and its tone."""
    if not webhook.is_active:
        return pgettext("webhook", "Off"), "neutral"
    if webhook.failing_since is not None:
        return _("Failing"), "danger"
    return pgettext("webhook", "On"), "success"


def label_of(name: str) -> str:
    """The text of a type of event; a test and what is declared no more have none."""
    if name == "ping":
        return _("Test")
    found = feed.named([name])
    return str(found[0].label) if found else name


def _next(row: WebhookDelivery) -> Any:
    return row.next_at if row.state == WebhookDelivery.State.PENDING else None


def _types_of(actor: Actor) -> list[tuple[str, Any]]:
    return [(event.type, event.label) for event in feed.events_for(actor)]


class WebhookList(ListPage):
    """All webhooks of the group."""

    name = "webhooks.webhooks"
    permission = MANAGE
    title = gettext_lazy("Webhooks")
    subtitle = gettext_lazy("Other systems that are told at once of what happens here.")
    template = "webhooks/webhook_list.html"
    columns = (
        Column("name", pgettext_lazy("thing", "Name"), sort="name", always=True),
        ConditionColumn("is_active", gettext_lazy("State"), value=lambda row: condition_of(row)[0]),
        Column("url", pgettext_lazy("webhook", "Address")),
        NumberColumn("types", gettext_lazy("Events"), value=lambda row: len(row.types)),
        Column("staff_name", gettext_lazy("With the rights of")),
        DateTimeColumn("last_delivered_at", gettext_lazy("Last delivered"), relative=True),
    )
    default_sort = "name"
    empty = Empty(
        gettext_lazy("No webhooks yet"),
        gettext_lazy("Have your DMS, your website or a data warehouse told of leads and vehicles."),
        icon="webhook",
        url_name="webhooks:webhook_create",
        label=gettext_lazy("Add a webhook"),
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Webhook]:
        return webhooks.list_webhooks(actor)

    def row_url(self, row: Webhook) -> str:
        return reverse("webhooks:webhook_detail", args=[row.pk])


class DeliveryList(ListPage):
    """A webhook with what it was sent, the newest first."""

    name = "webhooks.deliveries"
    permission = MANAGE
    title = gettext_lazy("Deliveries")
    template = "webhooks/webhook_detail.html"
    columns = (
        Column("type", gettext_lazy("Event"), value=lambda row: label_of(row.type), always=True),
        StatusColumn("state", gettext_lazy("State")),
        NumberColumn("attempts", gettext_lazy("Attempts")),
        NumberColumn("status", gettext_lazy("Answer")),
        DateTimeColumn("queued_at", gettext_lazy("Queued"), sort="id"),
        DateTimeColumn("next_at", gettext_lazy("Next attempt"), value=_next),
    )
    filters = (
        ChoiceFilter("state", gettext_lazy("State"), WebhookDelivery.State),
        ChoiceFilter("type", gettext_lazy("Event"), _types_of),
    )
    default_sort = "-queued_at"
    empty = Empty(
        gettext_lazy("Nothing sent yet"),
        gettext_lazy("Each event stands here with the answer that it got."),
        icon="send",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[WebhookDelivery]:
        return webhooks.list_deliveries(actor, self.kwargs.get("webhook_id"))

    def row_url(self, row: WebhookDelivery) -> str:
        return reverse("webhooks:delivery_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        webhook = webhooks.get_webhook(webhook_id=self.kwargs["webhook_id"], actor=self.actor)
        return {
            "webhook": webhook,
            "condition": condition_of(webhook),
            "labels": [label_of(name) for name in webhook.types],
        }


@requires(MANAGE)
def webhook_create(request: HttpRequest) -> HttpResponse:
    """Make a webhook; its secret stands on the answer to this one request and nowhere else."""
    form = WebhookForm(request.POST or None, actor=request.actor)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        made = form.attempt(webhooks.create_webhook, actor=request.actor, **form.cleaned_data)
        if made is not None:
            return _secret_page(request, made)
    return _form_page(request, form, None)


@requires(MANAGE)
def webhook_edit(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook = webhooks.get_webhook(webhook_id=webhook_id, actor=request.actor)
    present = {"name": webhook.name, "url": webhook.url, "types": webhook.types}
    form = WebhookForm(request.POST or None, actor=request.actor, initial=present)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        changed = form.attempt(
            webhooks.change_webhook,
            webhook_id=webhook.pk,
            actor=request.actor,
            **form.cleaned_data,
        )
        if changed is not None:
            message = _("The webhook is changed.")
            return go_to(request, "webhooks:webhook_detail", webhook.pk, message=message)
    return _form_page(request, form, webhook)


@require_GET
@requires(MANAGE)
def webhook_history(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Who changed the webhook, and when."""
    webhook = webhooks.get_webhook(webhook_id=webhook_id, actor=request.actor)
    context = {"webhook": webhook, "history": details.history(webhook, request.actor)}
    return render(request, "webhooks/webhook_history.html", context)


@require_POST
@requires(MANAGE)
def webhook_switch(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook = webhooks.get_webhook(webhook_id=webhook_id, actor=request.actor)
    wanted = request.POST.get("on") == "yes"
    webhooks.change_webhook(webhook_id=webhook.pk, is_active=wanted, actor=request.actor)
    message = _("The webhook is on.") if wanted else _("The webhook is off.")
    return go_to(request, "webhooks:webhook_detail", webhook.pk, message=message)


@require_POST
@requires(MANAGE)
def webhook_test(request: HttpRequest, webhook_id: int) -> HttpResponse:
    test = webhooks.send_test(webhook_id=webhook_id, actor=request.actor)
    message = _("A test is on its way.")
    return go_to(request, "webhooks:delivery_detail", test.pk, message=message)


@requires(MANAGE)
def webhook_rotate(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Ask first; then the new secret, this once."""
    webhook = webhooks.get_webhook(webhook_id=webhook_id, actor=request.actor)
    if request.method == "POST":
        made = webhooks.rotate_secret(webhook_id=webhook.pk, actor=request.actor)
        return _secret_page(request, made)
    return render(request, "webhooks/_rotate_dialog.html", {"webhook": webhook})


@requires(MANAGE)
def webhook_replay(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhook = webhooks.get_webhook(webhook_id=webhook_id, actor=request.actor)
    form = ReplayForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        count = form.attempt(
            webhooks.replay_since, webhook_id=webhook.pk, actor=request.actor, **form.cleaned_data
        )
        if count is not None:
            message = ngettext(
                "%(count)s event is sent again.", "%(count)s events are sent again.", count
            ) % {"count": count}
            return go_to(request, "webhooks:webhook_detail", webhook.pk, message=message)
    context = {"webhook": webhook, "form": form, "action": request.path}
    status = 422 if form.errors else 200
    return render(request, "webhooks/_replay_dialog.html", context, status=status)


@require_POST
@requires(MANAGE)
def webhook_delete(request: HttpRequest, webhook_id: int) -> HttpResponse:
    webhooks.delete_webhook(webhook_id=webhook_id, actor=request.actor)
    return go_to(request, "webhooks:webhook_list", message=_("The webhook is gone."))


@require_GET
@requires(MANAGE)
def delivery_detail(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One event: what was sent, and what came back. Asked again by itself while it waits."""
    found = webhooks.get_delivery(delivery_id=delivery_id, actor=request.actor)
    payload = webhooks.payload_of(found)
    context = {
        "delivery": found,
        "webhook": found.webhook,
        "label": label_of(found.type),
        "body": json.dumps(payload, ensure_ascii=False, indent=2) if payload else "",
        "is_new": found.state == WebhookDelivery.State.PENDING and not found.attempts,
    }
    return render_page(request, "webhooks/delivery_detail.html", "webhooks/_delivery.html", context)


@require_POST
@requires(MANAGE)
def delivery_replay(request: HttpRequest, delivery_id: int) -> HttpResponse:
    found = webhooks.replay_delivery(delivery_id=delivery_id, actor=request.actor)
    message = _("The event is sent again.")
    return go_to(request, "webhooks:delivery_detail", found.pk, message=message)


def _secret_page(request: HttpRequest, made: webhooks.WithSecret) -> HttpResponse:
    context = {"webhook": made.webhook, "secret": made.secret}
    return render(request, "webhooks/secret.html", context)


def _form_page(request: HttpRequest, form: WebhookForm, webhook: Webhook | None) -> HttpResponse:
    context = {"form": form, "webhook": webhook}
    return render_page(
        request, "webhooks/webhook_form.html", "webhooks/_webhook_form.html", context
    )
