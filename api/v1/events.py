from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, listing, stream
from api.fields import IdField, Representation
from api.filters import Filter
from forecourt.kernel import feed
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotPermitted

NOW = "now"
DESCRIPTION = _(
    "Each is told once, in an order in which nothing is missed however long you stay away: keep "
    "links.next and ask it again. Only types that you have the right to, and of the stores that it "
    "reaches; a right over your own rows reaches what you did yourself. Read the record at its "
    "address."
)


class EventSubject(serializers.Serializer):
    kind = serializers.CharField()
    id = serializers.CharField()
    url = serializers.URLField(allow_null=True, help_text=_("Where the API gives the record."))


class EventRow(Representation):
    """Something that happened to a record."""

    id = serializers.CharField(help_text=_("The same for the feed and all webhooks."))
    type = serializers.CharField()
    happened_at = serializers.DateTimeField()
    subject = EventSubject()
    store_id = IdField(allow_null=True)

    def to_representation(self, event: feed.Event) -> dict[str, Any]:
        return event.document


class EventTypeRow(Representation):
    """A type of event that the caller may hear of."""

    type = serializers.CharField()
    label = serializers.CharField()
    subject = serializers.CharField(help_text=_("The kind of record that it is about."))
    permission = serializers.CharField()


def read_events(
    *,
    actor: Actor,
    after: str,
    limit: int,
    type: Sequence[str] = (),  # noqa: A002 - the parameter
) -> feed.Batch:
    """Raises NotPermitted, or Invalid for a cursor or a type that is none."""
    types = _chosen(actor, type)
    # What is committed by now is in the stream: whoever asks waits for no schedule.
    feed.refresh()
    if after == NOW:
        return feed.Batch([], feed.end(), has_more=False)
    try:
        cursor = feed.Cursor.parse(after) if after else feed.Cursor()
    except feed.UnknownCursor as error:
        raise Invalid(_t("This is no cursor of this group's events."), field="after") from error
    return feed.read(actor=actor, types=types, after=cursor, limit=limit)


def list_event_types(*, actor: Actor) -> list[feed.FeedEvent]:
    """Raises NotPermitted for somebody who may hear of nothing."""
    return _chosen(actor, ())


def _chosen(actor: Actor, names: Sequence[str]) -> list[feed.FeedEvent]:
    allowed = {event.type: event for event in feed.events_for(actor)}
    unknown = sorted(set(names) - set(feed.all_events()))
    if unknown:
        message = _t("There is no event of the type %(names)s.")
        raise Invalid(message % {"names": ", ".join(unknown)[:200]}, field="type")
    if not allowed or not set(names) <= set(allowed):
        raise NotPermitted(_t("You may not hear of these events."), field="type")
    return [allowed[name] for name in sorted(set(names))] or list(allowed.values())


class Events(Endpoint):
    tag = "events"
    get = stream(
        read_events,
        EventRow,
        name="list_events",
        summary=_("What has happened, from a place on"),
        description=DESCRIPTION,
        filters={
            "type": Filter(
                serializers.CharField(max_length=60),
                description=_("Types of events; without it all that you may hear of."),
                many=True,
            ),
        },
    )


class EventTypes(Endpoint):
    tag = "events"
    get = listing(
        list_event_types,
        EventTypeRow,
        name="list_event_types",
        summary=_("The types of events that you may hear of"),
        filters={},
    )
