"""Messages to customers that were held back, whichever module wrote them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.crm.queries import AUDIENCE
from apps.marketing.forms.campaigns import channel_choices
from apps.marketing.views.campaigns import channel_label
from apps.notifications import queries as notifications
from forecourt.kernel.access import Actor
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    SearchFilter,
)


class HeldList(ListPage):
    name = "marketing.held"
    permission = "marketing.view_held"
    title = _("Held back")
    subtitle = _(
        "Messages to customers of all departments that did not leave: too many in 7 days, no "
        "consent, no address, too late."
    )
    columns = (
        Column("recipient_name", _("Customer"), always=True),
        Column("event", _("Kind"), value=notifications.label_of),
        Column("channel", _("Channel"), value=lambda row: channel_label(row.channel)),
        Column("reason", _("Reason"), value=lambda row: row.get_reason_display()),
        DateTimeColumn("created_at", _("When"), sort="id"),
    )
    filters = (
        SearchFilter(_("Customer"), fields=["recipient_name"]),
        ChoiceFilter("reason", _("Reason"), notifications.reason_choices),
        ChoiceFilter("channel", _("Channel"), lambda _actor: channel_choices()),
        DateRangeFilter("at", _("When"), field="created_at", moment=True),
    )
    default_sort = "-created_at"
    empty = Empty(
        _("Nothing was held back"),
        _("Messages that would break the budget or lack a consent are listed here."),
        icon="circle-check",
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return notifications.list_held(actor, AUDIENCE, "marketing.view_held")

    def row_url(self, row: Any) -> str:
        return reverse("crm:customer_detail", args=[row.recipient_id])
