"""Feeds: whose they are, how their fields become ours, and what they sent."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.forms.feeds import DismissForm, FeedForm, FeedMappingForm
from apps.crm.models import FeedMessage, LeadFeed
from apps.crm.rules.feeds import CUSTOM, JSON_TYPE, TARGETS, MessageState, masked_payload
from apps.crm.views.cells import DisplayColumn
from apps.crm.views.dialogs import ask_in_dialog
from forecourt.kernel.access import Actor, shown
from forecourt.kernel.groups import site_url
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BulkAction,
    ChoiceFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    RelatedFilter,
    StatusColumn,
)
from forecourt.ui.responses import go_to, render_page

PERMISSION = "crm.manage_feed"
FEED_TABS = (Tab("facts", gettext_lazy("Facts"), "crm/_feed_facts.html"), HISTORY)
MESSAGE_TABS = (Tab("facts", gettext_lazy("Facts"), "crm/_feed_message_facts.html"), HISTORY)


class FeedList(ListPage):
    name = "crm.feeds"
    permission = PERMISSION
    title = gettext_lazy("Feeds of leads")
    subtitle = gettext_lazy("Systems that send in enquiries by themselves.")
    template = "crm/feed_list.html"
    columns = (
        Column("name", pgettext_lazy("thing", "Name"), always=True),
        Column(
            "is_active",
            gettext_lazy("State"),
            value=lambda feed: condition_of(feed)[0],
        ),
        DisplayColumn("source", gettext_lazy("Source")),
        Column("code", gettext_lazy("Code in the address"), mono=True),
        Column("campaign_code", gettext_lazy("Campaign"), default=False),
        DateTimeColumn("created_at", gettext_lazy("Made"), sort="id"),
    )
    default_sort = "created_at"
    empty = Empty(
        gettext_lazy("No feeds yet"),
        gettext_lazy("Let Autohome, Yiche, Dongchedi, the manufacturer or your website send in."),
        icon="plug",
        url_name="crm:feed_create",
        label=gettext_lazy("Add a feed"),
        permission=PERMISSION,
    )

    def get_queryset(self, actor: Actor) -> QuerySet[LeadFeed]:
        return queries.list_feeds(actor)

    def row_url(self, row: LeadFeed) -> str:
        return reverse("crm:feed_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"stuck_count": queries.messages_to_mend(self.actor).count()}


def feed_choices(actor: Actor) -> list[tuple[int, str]]:
    return list(queries.list_feeds(actor).order_by("name").values_list("pk", "name"))


def replay_one(row_id: int, actor: Actor) -> None:
    actions.replay_message(message_id=row_id, actor=actor)


class FeedMessageList(ListPage):
    """Everything that feeds sent, the newest first; what is to be mended is one filter away."""

    name = "crm.feed_messages"
    permission = PERMISSION
    title = gettext_lazy("What feeds sent")
    columns = (
        DateTimeColumn("received_at", gettext_lazy("Received on"), sort="id", always=True),
        Column("feed", pgettext_lazy("leads", "Feed")),
        StatusColumn("state", gettext_lazy("State")),
        Column("lead", gettext_lazy("Lead"), mono=True),
        Column(
            "problems",
            gettext_lazy("To be mended"),
            value=lambda message: ", ".join(label_of(name) for name in message.problems),
        ),
    )
    filters = (
        ChoiceFilter("state", gettext_lazy("State"), MessageState),
        RelatedFilter("feed", pgettext_lazy("leads", "Feed"), feed_choices, field="feed_id"),
    )
    default_sort = "-received_at"
    bulk_actions = (
        BulkAction(
            "replay",
            gettext_lazy("Take in again"),
            run=replay_one,
            permission=PERMISSION,
            icon="refresh",
        ),
    )
    empty = Empty(
        gettext_lazy("Nothing was sent yet"),
        gettext_lazy("Each message stands here with the lead that was made of it."),
        icon="inbox",
    )

    def get_queryset(self, actor: Actor) -> QuerySet[FeedMessage]:
        return queries.list_feed_messages(actor)

    def row_url(self, row: FeedMessage) -> str:
        return reverse("crm:feed_message_detail", args=[row.pk])

    def row_label(self, row: FeedMessage) -> str:
        return f"{row.feed} {row}"


def condition_of(feed: LeadFeed) -> tuple[str, str]:
    """A word and its tone."""
    if not feed.is_active:
        return pgettext("feed", "Off"), "neutral"
    if not feed.token_digest:
        return _("Without a token"), "warning"
    return _("Takes in leads"), "success"


def label_of(target: str) -> str:
    """A lead's field in words, by the name that a mapping has for it."""
    if target.startswith(CUSTOM):
        found = [one.label for one in actions.fields_to_fill() if one.name == target]
        return str(found[0]) if found else target
    return str(TARGETS.get(target, _("Payload")))


@requires(PERMISSION)
def feed_create(request: HttpRequest) -> HttpResponse:
    """Make a feed; its token stands on the answer to this one request and nowhere else."""
    form = FeedForm(request.POST or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        made = form.attempt(actions.create_feed, actor=request.actor, **form.cleaned_data)
        if made is not None:
            return _token_page(request, made)
    return _form_page(request, form, None)


@requires(PERMISSION)
def feed_edit(request: HttpRequest, feed_id: int) -> HttpResponse:
    feed = queries.get_feed(feed_id=feed_id, actor=request.actor)
    present = {name: getattr(feed, name) for name in ("name", "code", "source", "campaign_code")}
    form = FeedForm(request.POST or None, actor=request.actor, initial=present)
    form.fields["source"].keep(feed.source)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        changed = form.attempt(
            actions.change_feed, feed_id=feed.pk, actor=request.actor, **form.cleaned_data
        )
        if changed is not None:
            message = _("The feed is changed.")
            return go_to(request, "crm:feed_detail", feed.pk, message=message)
    return _form_page(request, form, feed)


@require_GET
@requires(PERMISSION)
def feed_detail(request: HttpRequest, feed_id: int) -> HttpResponse:
    feed = queries.get_feed(feed_id=feed_id, actor=request.actor)
    context = {
        "feed": feed,
        "condition": condition_of(feed),
        "address": site_url(reverse("api:feed", args=[feed.code])),
        "counts": queries.feed_counts(feed),
        "rules": [
            (label_of(target), rule["path"], rule["otherwise"], rule["values"])
            for target, rule in feed.mapping.items()
        ],
    }
    return detail_page(request, feed, "crm/feed_detail.html", FEED_TABS, context)


@requires(PERMISSION)
def feed_mapping(request: HttpRequest, feed_id: int) -> HttpResponse:
    """The mapping, and beside it what a pasted payload would become by it."""
    feed = queries.get_feed(feed_id=feed_id, actor=request.actor)
    form = FeedMappingForm(request.POST or None, actor=request.actor, mapping=feed.mapping)
    if answer := check_field(request, form):
        return answer
    context: dict[str, Any] = {"form": form, "feed": feed}
    if form.is_valid() and "try" in request.POST:
        reading = form.attempt(
            actions.try_feed,
            feed_id=feed.pk,
            payload=form.cleaned_data["sample"],
            content_type=form.cleaned_data["content_type"] or JSON_TYPE,
            mapping=form.mapping(),
            actor=request.actor,
        )
        context |= {"reading": reading, "rows": rows_of(reading) if reading else []}
    elif form.is_valid():
        saved = form.attempt(
            actions.save_feed_mapping,
            feed_id=feed.pk,
            mapping=form.mapping(),
            actor=request.actor,
        )
        if saved is not None:
            message = _("The mapping is saved; it counts for what comes from now on.")
            return go_to(request, "crm:feed_detail", feed.pk, message=message)
    return render_page(request, "crm/feed_mapping.html", "crm/_feed_mapping.html", context)


def rows_of(reading: actions.Reading, *, hidden: bool = False) -> list[dict[str, str]]:
    """Each field as it was found, what it becomes, and what is wrong with it."""
    hide = masked_payload if hidden else str
    rows = [
        {
            "label": label_of(one.target),
            "path": one.path,
            "raw": hide(one.raw),
            "value": hide(one.value),
            "problem": reading.problems.get(one.target, ""),
        }
        for one in reading.found
    ]
    known = {one.target for one in reading.found}
    missing = {name: text for name, text in reading.problems.items() if name not in known}
    return [
        {"label": label_of(name), "path": "", "raw": "", "value": "", "problem": text}
        for name, text in missing.items()
    ] + rows


@require_POST
@requires(PERMISSION)
def feed_switch(request: HttpRequest, feed_id: int) -> HttpResponse:
    wanted = request.POST.get("on") == "yes"
    actions.change_feed(feed_id=feed_id, is_active=wanted, actor=request.actor)
    message = _("The feed is on.") if wanted else _("The feed is off.")
    return go_to(request, "crm:feed_detail", feed_id, message=message)


@requires(PERMISSION)
def feed_token(request: HttpRequest, feed_id: int) -> HttpResponse:
    """Ask first; then the new token, this once."""
    feed = queries.get_feed(feed_id=feed_id, actor=request.actor)
    if request.method == "POST":
        return _token_page(request, actions.rotate_feed_token(feed_id=feed.pk, actor=request.actor))
    return render(request, "crm/_feed_token_dialog.html", {"feed": feed})


@require_POST
@requires(PERMISSION)
def feed_revoke(request: HttpRequest, feed_id: int) -> HttpResponse:
    actions.revoke_feed_token(feed_id=feed_id, actor=request.actor)
    message = _("The token is taken back; nothing is taken in any more.")
    return go_to(request, "crm:feed_detail", feed_id, message=message)


@require_GET
@requires(PERMISSION)
def feed_message_detail(request: HttpRequest, message_id: int) -> HttpResponse:
    """What was sent, with its numbers hidden, and what it says by the mapping of now."""
    message = queries.get_feed_message(message_id=message_id, actor=request.actor)
    in_full = request.actor.grant("crm.see_phone").everything
    is_open = message.state in (MessageState.RECEIVED, MessageState.STUCK)
    context: dict[str, Any] = {
        "message": message,
        "payload": _printed(shown(request.actor, message, "payload")),
        "is_open": is_open,
        "is_emptied": not message.payload,
    }
    if message.payload:
        reading = actions.read_message(
            message.payload.reveal(),
            message.content_type,
            source=message.feed.source,
            mapping=message.feed.mapping,
        )
        context |= {"reading": reading, "rows": rows_of(reading, hidden=not in_full)}
    return detail_page(request, message, "crm/feed_message_detail.html", MESSAGE_TABS, context)


@require_POST
@requires(PERMISSION)
def feed_message_replay(request: HttpRequest, message_id: int) -> HttpResponse:
    actions.replay_message(message_id=message_id, actor=request.actor)
    message = _("The message is taken in.")
    return go_to(request, "crm:feed_message_detail", message_id, message=message)


@requires(PERMISSION)
def feed_message_dismiss(request: HttpRequest, message_id: int) -> HttpResponse:
    queries.get_feed_message(message_id=message_id, actor=request.actor)
    form = DismissForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.dismiss_message(
            message_id=message_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Lay the message aside"),
        done=_("The message is laid aside."),
        danger=True,
    )


def _printed(payload: Any) -> str:
    """JSON with a line for each value; anything else as it is."""
    text = payload.reveal() if hasattr(payload, "reveal") else str(payload or "")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text


def _token_page(request: HttpRequest, made: actions.FeedWithToken) -> HttpResponse:
    context = {
        "feed": made.feed,
        "token": made.token,
        "address": site_url(reverse("api:feed", args=[made.feed.code])),
    }
    return render(request, "crm/feed_token.html", context)


def _form_page(request: HttpRequest, form: FeedForm, feed: LeadFeed | None) -> HttpResponse:
    context = {"form": form, "feed": feed}
    return render_page(request, "crm/feed_form.html", "crm/_feed_form.html", context)
