"""The bell of the frame and a person's inbox."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.notifications import queries
from apps.notifications.actions import mark_all_read, mark_read
from apps.notifications.models import Notification
from forecourt.kernel.access import Actor
from forecourt.ui.access import signed_in
from forecourt.ui.lists import (
    BooleanFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
)
from forecourt.ui.responses import go_to, wants_partial


@require_GET
@never_cache
@signed_in
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its number; nothing (204) while it is what the page shows already."""
    stamp, _count = queries.unread_count.peek(request.actor.staff_id)
    if request.GET.get("seen") == stamp:
        return HttpResponse(status=204)
    queries.unread_count.get(request.actor.staff_id)
    return render(request, "notifications/_bell_button.html", {})


@require_GET
@never_cache
@signed_in
def latest(request: HttpRequest) -> HttpResponse:
    """The newest notifications, for the drop-down."""
    if not wants_partial(request):
        return redirect("notifications:inbox")
    return _latest(request)


def _latest(request: HttpRequest) -> HttpResponse:
    return render(
        request, "notifications/_latest.html", {"notifications": queries.latest(request.actor)}
    )


@require_GET
@never_cache
@signed_in
def open_notification(request: HttpRequest, notification_id: int) -> HttpResponse:
    """Go to what it is about; whether she may see that is asked there."""
    row = mark_read(notification_id=notification_id, actor=request.actor)
    return redirect(queries.address_of(row))


@require_POST
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    count = mark_all_read(actor=request.actor)
    if wants_partial(request) and request.htmx.target == "bell-list":
        response = _latest(request)
        response["HX-Trigger"] = "fc:bell"
        return response
    message = ngettext("%(count)s marked as read.", "%(count)s marked as read.", count)
    return go_to(request, "notifications:inbox", message=message % {"count": count})


class TitleColumn(Column):
    """What it says; what is not read yet stands out."""

    def value(self, row: Notification) -> str:
        return queries.told(row).title

    def show(self, value: Any, row: Notification) -> SafeString | str:
        if row.is_read:
            return str(value)
        return format_html('<strong class="fc-unread">{}</strong>', value)


class NotificationList(ListPage):
    """A person's own notifications."""

    name = "notifications.inbox"
    permission = None
    title = _("Notifications")
    columns = (
        TitleColumn("title", _("What"), always=True),
        Column("body", _("Details"), value=lambda row: queries.told(row).body),
        Column("event", _("Kind"), value=queries.label_of, default=False),
        DateTimeColumn("created_at", _("When"), sort="id", relative=True),
    )
    filters = (
        ChoiceFilter("kind", _("Kind"), queries.kinds_of, field="event"),
        BooleanFilter("unread", _("Not read yet"), yes=Q(read_at__isnull=True)),
    )
    default_sort = "-created_at"
    bulk_actions = (
        BulkAction(
            "read",
            _("Mark as read"),
            run=lambda row_id, actor: mark_read(notification_id=row_id, actor=actor),
        ),
    )
    empty = Empty(
        _("Nothing to tell you yet"),
        _("What concerns you stands here as it happens."),
        icon="bell",
    )
    template = "notifications/inbox.html"

    def get_queryset(self, actor: Actor) -> QuerySet[Notification]:
        return queries.list_notifications(actor)

    def row_url(self, row: Notification) -> str:
        return reverse("notifications:open", args=[row.pk])

    def row_label(self, row: Notification) -> str:
        return queries.told(row).title
