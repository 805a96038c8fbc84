"""The log of what left by other channels than the bell."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.notifications import queries
from apps.notifications.actions import send_again
from apps.notifications.audiences import get_audience
from apps.notifications.channels import channel, channels
from apps.notifications.models import TO_CHAT, TO_STAFF, Delivery
from apps.notifications.registry import CUSTOMERS, STAFF, all_events
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.lists import (
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    NumberColumn,
    SearchFilter,
    StatusColumn,
)
from forecourt.ui.responses import go_to


def _kinds(_actor: Actor) -> list[tuple[str, Any]]:
    return [(event.code, event.label) for event in (*all_events(STAFF), *all_events(CUSTOMERS))]


def _channels(_actor: Actor) -> list[tuple[str, Any]]:
    return [(each.code, each.label) for each in channels()]


def _channel_label(row: Delivery) -> str:
    try:
        return str(channel(row.channel).label)
    except LookupError:
        return row.channel


def _recipient(row: Delivery) -> str:
    if row.recipient_kind == TO_CHAT:
        return str(_("Group chat"))
    if row.recipient_kind == TO_STAFF:
        return row.recipient_name or "–"
    try:
        return f"{row.recipient_name} ({get_audience(row.recipient_kind).label})"
    except LookupError:
        return row.recipient_name


class DeliveryList(ListPage):
    """What was sent, refused, held back, and why."""

    name = "notifications.deliveries"
    permission = "notifications.view_delivery"
    title = _("Delivery log")
    subtitle = _(
        "What left by mail, text message and chats. A message of unknown fate was interrupted "
        "while it was being sent: it may have arrived, so it is sent again only by hand."
    )
    columns = (
        Column("event", _("Kind"), value=queries.label_of, always=True),
        Column("recipient", _("Recipient"), value=_recipient),
        Column("channel", _("Channel"), value=_channel_label),
        StatusColumn("state", _("State")),
        Column("reason", _("Reason"), value=lambda row: row.get_reason_display()),
        Column("error", _("What the provider said")),
        NumberColumn("attempts", _("Attempts"), default=False),
        Column("reference", _("Reference of the provider"), default=False, mono=True),
        DateTimeColumn("created_at", _("When"), sort="id"),
        DateTimeColumn("ended_at", _("Ended"), default=False),
    )
    filters = (
        SearchFilter(_("Recipient"), fields=["recipient_name"]),
        ChoiceFilter("state", _("State"), Delivery.State),
        ChoiceFilter("reason", _("Reason"), Delivery.Reason),
        ChoiceFilter("channel", _("Channel"), _channels),
        ChoiceFilter("kind", _("Kind"), _kinds, field="event"),
        DateRangeFilter("at", _("When"), field="created_at", moment=True),
    )
    default_sort = "-created_at"
    bulk_actions = (
        BulkAction(
            "again",
            _("Send again"),
            run=lambda row_id, actor: send_again(delivery_id=row_id, actor=actor),
            permission="notifications.send_again",
            icon="send",
            confirm=_("Send the chosen messages again? Some of them may have arrived already."),
        ),
    )
    empty = Empty(
        _("Nothing has left yet"),
        _("Messages by mail, text message and chats are listed here with what became of them."),
        icon="send",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Delivery]:
        return queries.list_deliveries(actor)

    def row_label(self, row: Delivery) -> str:
        return f"{queries.label_of(row)} – {_recipient(row)}"


@require_POST
@requires("notifications.send_again")
def delivery_again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Have one message sent again."""
    send_again(delivery_id=delivery_id, actor=request.actor)
    return go_to(
        request, "notifications:delivery_list", message=_t("The message is sent once more.")
    )
