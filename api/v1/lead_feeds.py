"""Feeds: how they are set up, what they sent, and the door through which they send it."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.authentication import SCHEME, underlying
from api.endpoints import Endpoint, Operation, change, command, page, record
from api.errors import TooLarge
from api.fields import Asked, Body, IdField, NoBody, OptionField, Representation, represent
from api.filters import Filter
from apps.crm import actions, queries
from apps.crm.rules.feeds import CONTENT_TYPES, FORM_TYPE, JSON_TYPE, LARGEST_PAYLOAD, MessageState
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.access import Actor

MANAGE = "crm.manage_feed"
TOLD_ONCE = _("The token is told this once.")
JSON_LIKE = {JSON_TYPE, "text/json", "text/plain", ""}


class FeedRow(Representation):
    """A system that pushes enquiries, and how its fields become ours."""

    id = IdField()
    name = serializers.CharField()
    code = serializers.CharField(help_text=_("Its place in the address: /api/v1/feeds/{code}."))
    source = OptionField(LEAD_SOURCES)
    campaign_code = serializers.CharField()
    is_active = serializers.BooleanField()
    mapping = serializers.DictField(
        help_text=_("By the lead's field: path, values (their word: ours), otherwise.")
    )
    token_hint = serializers.CharField(help_text=_("How the token begins; empty without one."))
    token_made_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class FeedWithToken(FeedRow):
    """A feed and the token that it is to send."""

    token = serializers.CharField(
        source="told_token", allow_null=True, help_text=_("Null when the request is repeated.")
    )


class FeedBody(Body):
    name = serializers.CharField(max_length=60)
    code = serializers.CharField(max_length=40)
    source = OptionField(LEAD_SOURCES)
    campaign_code = serializers.CharField(max_length=40, required=False, allow_blank=True)


class FeedChangeBody(FeedBody):
    is_active = serializers.BooleanField(required=False)


class MappingRule(serializers.Serializer):
    """Where a field stands, what the words there mean, and what is taken where nothing stands."""

    path = serializers.CharField(required=False, allow_blank=True, max_length=200)
    values = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    otherwise = serializers.CharField(required=False, allow_blank=True, max_length=200)


class FeedMappingBody(Body):
    mapping = serializers.DictField(child=MappingRule())


class TryBody(Body):
    payload = serializers.CharField(max_length=LARGEST_PAYLOAD, trim_whitespace=False)
    content_type = serializers.ChoiceField(CONTENT_TYPES, required=False)


class MappedField(serializers.Serializer):
    """A field as it stands in the payload, and what it means here."""

    target = serializers.CharField()
    path = serializers.CharField()
    raw = serializers.CharField()
    value = serializers.CharField()


class ReadingRow(Representation):
    """What a payload would become; nothing was written."""

    found = MappedField(many=True)
    problems = serializers.DictField(help_text=_("By field: why no lead can be made."))


class MessageRow(Representation):
    """What a feed pushed, and what became of it; the payload is read on the page alone."""

    id = IdField()
    feed_id = IdField()
    state = serializers.ChoiceField(MessageState.choices)
    lead_id = IdField(allow_null=True)
    problems = serializers.ListField(
        child=serializers.CharField(), help_text=_("The fields for which no lead could be made.")
    )
    received_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class DismissBody(Body):
    reason = serializers.CharField(max_length=200)


class ReceiptRow(Representation):
    """What became of a pushed message."""

    message_id = IdField(source="message.pk")
    state = serializers.ChoiceField(MessageState.choices, source="message.state")
    lead_id = IdField(source="message.lead_id", allow_null=True)
    is_repeat = serializers.BooleanField()
    is_redelivery = serializers.BooleanField()
    problems = serializers.ListField(child=serializers.CharField(), source="message.problems")


def _told(made: actions.FeedWithToken) -> Any:
    made.feed.told_token = made.token
    return made.feed


def _create(*, actor: Actor, **values: Any) -> Any:
    return _told(actions.create_feed(actor=actor, **values))


def _rotate(*, feed_id: int, actor: Actor) -> Any:
    return _told(actions.rotate_feed_token(feed_id=feed_id, actor=actor))


def _try(*, feed_id: int, actor: Actor, payload: str, content_type: str = JSON_TYPE) -> Any:
    return actions.try_feed(
        feed_id=feed_id, payload=payload, content_type=content_type, actor=actor
    )


def _replay(*, message_id: int, actor: Actor) -> Any:
    return actions.replay_message(message_id=message_id, actor=actor).message


class LeadFeeds(Endpoint):
    tag = "lead feeds"
    get = page(
        queries.list_feeds,
        FeedRow,
        name="list_lead_feeds",
        summary=_("Feeds of leads"),
        permission=MANAGE,
        filters={"is_active": Filter(serializers.BooleanField(), "is_active")},
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        _create,
        FeedBody,
        FeedWithToken,
        name="create_lead_feed",
        summary=_("Open an address to which a system may push enquiries"),
        permission=MANAGE,
        status=201,
        description=TOLD_ONCE,
        told_once=("token",),
    )


class LeadFeed(Endpoint):
    tag = "lead feeds"
    get = record(
        queries.get_feed,
        FeedRow,
        name="get_lead_feed",
        summary=_("A feed of leads"),
        permission=MANAGE,
    )
    patch = change(
        actions.change_feed,
        FeedChangeBody,
        FeedRow,
        get_row=queries.get_feed,
        name="change_lead_feed",
        summary=_("Change a feed, switch it off or on"),
        permission=MANAGE,
    )


class Mapping(Endpoint):
    tag = "lead feeds"
    post = command(
        actions.save_feed_mapping,
        FeedMappingBody,
        FeedRow,
        name="map_lead_feed",
        summary=_("Say which of the system's fields becomes which of ours"),
        permission=MANAGE,
    )


class Rotate(Endpoint):
    tag = "lead feeds"
    post = command(
        _rotate,
        NoBody,
        FeedWithToken,
        name="rotate_lead_feed_token",
        summary=_("Make a new token; the former one counts no more"),
        permission=MANAGE,
        description=TOLD_ONCE,
        told_once=("token",),
    )


class Revoke(Endpoint):
    tag = "lead feeds"
    post = command(
        actions.revoke_feed_token,
        NoBody,
        FeedRow,
        name="revoke_lead_feed_token",
        summary=_("Take the token back"),
        permission=MANAGE,
    )


class Try(Endpoint):
    tag = "lead feeds"
    post = command(
        _try,
        TryBody,
        ReadingRow,
        name="try_lead_feed",
        summary=_("See what a payload would become; nothing is written"),
        permission=MANAGE,
    )


class Messages(Endpoint):
    tag = "lead feeds"
    get = page(
        queries.list_feed_messages,
        MessageRow,
        name="list_feed_messages",
        summary=_("What feeds sent"),
        permission=MANAGE,
        filters={
            "state": Filter(serializers.ChoiceField(MessageState.choices), "state__in", many=True),
            "feed_id": Filter(IdField(), "feed_id"),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )


class Message(Endpoint):
    tag = "lead feeds"
    get = record(
        queries.get_feed_message,
        MessageRow,
        name="get_feed_message",
        summary=_("A message of a feed"),
        permission=MANAGE,
    )


class ReplayMessage(Endpoint):
    tag = "lead feeds"
    post = command(
        _replay,
        NoBody,
        MessageRow,
        name="replay_feed_message",
        summary=_("Take in a message that waited to be mended"),
        permission=MANAGE,
    )


class DismissMessage(Endpoint):
    tag = "lead feeds"
    post = command(
        actions.dismiss_message,
        DismissBody,
        MessageRow,
        name="dismiss_feed_message",
        summary=_("Lay a message aside of which no lead shall be made"),
        permission=MANAGE,
    )


class FeedBearer:
    """A feed as whoever calls: its own limit of calls, and no rights but to push."""

    def __init__(self, feed: Any) -> None:
        self.feed = feed
        self.token_id = f"feed-{feed.pk}"


class FeedAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer fcf_…`` or ``X-Feed-Token``: the token of the feed in the address."""

    def authenticate(self, request: Request) -> tuple[Any, Any]:
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            token = request.headers.get("X-Feed-Token", "")
        code = request.parser_context["kwargs"].get("source", "")
        feed = queries.feed_of_token(
            code=code, digest=actions.token_digest(token.strip()) if token else ""
        )
        if feed is None:
            raise exceptions.AuthenticationFailed(
                _("No feed that is switched on has this address and this token."),
                code="token_not_valid",
            )
        return AnonymousUser(), FeedBearer(feed)

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class Door(Endpoint):
    """Where a feed pushes: its own token, any JSON object or form, told what became of it."""

    tag = "lead feeds"
    authentication_classes = [FeedAuthentication]
    permission_classes = []

    def post(self, request: Request, source: str) -> Response:
        receipt = actions.receive_message(
            feed=request.auth.feed, body=_body_of(request), content_type=_type_of(request)
        )
        asked = Asked(actions.feed_actor(request.auth.feed))
        status = 201 if receipt.is_new else 200 if receipt.lead is not None else 202
        return Response(represent(ReceiptRow, receipt, asked), status=status)

    post.operation = Operation(
        name="push_lead",
        summary=_("Push an enquiry through a feed"),
        permission=None,
        kind="command",
        answer=ReceiptRow,
        statuses=(200, 201, 202),
        description=_(
            "With the feed's own token. Any JSON object or form of at most 64 KB; the feed's "
            "mapping says what it means. 201 for a new lead, 200 for one that was there, 202 for "
            "what was kept and waits to be mended. The same message again changes nothing."
        ),
    )


def _body_of(request: Request) -> bytes:
    """The body as it came. Raises TooLarge before it is read, where its length is told."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_PAYLOAD:
        raise TooLarge
    body = underlying(request).body
    if len(body) > LARGEST_PAYLOAD:
        raise TooLarge
    return bytes(body)


def _type_of(request: Request) -> str:
    media = (request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if media == FORM_TYPE:
        return FORM_TYPE
    if media in JSON_LIKE or media.endswith("+json"):
        return JSON_TYPE
    raise exceptions.UnsupportedMediaType(media)
