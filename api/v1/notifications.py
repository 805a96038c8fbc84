from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, page, record
from api.fields import IdField, NoBody, Representation
from api.filters import Filter
from apps.notifications import actions
from apps.notifications.queries import address_of, get_notification, list_notifications, told
from forecourt.kernel.access import Actor


class NotificationRow(Representation):
    """What the caller was told, in the language that she asks in."""

    id = IdField()
    event = serializers.CharField(help_text=_("The kind: `crm.lead_assigned`."))
    title = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text=_("The path of the page that it leads to."))
    subject_id = serializers.CharField()
    store_id = IdField(allow_null=True)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def get_title(self, row: Any) -> str:
        return told(row).title

    def get_body(self, row: Any) -> str:
        return told(row).body

    def get_url(self, row: Any) -> str:
        return address_of(row)


class ReadAll(Representation):
    """How many notifications were new."""

    count = serializers.IntegerField()


def _read_all(*, actor: Actor) -> dict[str, int]:
    return {"count": actions.mark_all_read(actor=actor)}


class Notifications(Endpoint):
    tag = "notifications"
    get = page(
        list_notifications,
        NotificationRow,
        name="list_notifications",
        summary=_("One's own notifications"),
        permission=None,
        filters={
            "event": Filter(serializers.CharField(), "event__in", many=True),
            "is_unread": Filter(serializers.BooleanField(), "read_at__isnull"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )


class Notification(Endpoint):
    tag = "notifications"
    get = record(
        get_notification,
        NotificationRow,
        name="get_notification",
        summary=_("One of one's own notifications"),
        permission=None,
    )


class MarkRead(Endpoint):
    tag = "notifications"
    post = command(
        actions.mark_read,
        NoBody,
        NotificationRow,
        name="mark_notification_read",
        summary=_("Mark a notification as read"),
        permission=None,
    )


class MarkAllRead(Endpoint):
    tag = "notifications"
    post = command(
        _read_all,
        NoBody,
        ReadAll,
        name="mark_all_notifications_read",
        summary=_("Mark all of one's own notifications as read"),
        permission=None,
    )
