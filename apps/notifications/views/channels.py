"""A group's channels: which are on, how they are set up, whether they work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.notifications import ways
from apps.notifications.actions import configure_channel, switch_channel, try_channel
from apps.notifications.channels import Channel, channel, channels
from apps.notifications.forms import ChannelForm, TryForm
from apps.notifications.models import ChannelSettings
from forecourt.kernel.errors import NotFound
from forecourt.ui import forms
from forecourt.ui.access import requires
from forecourt.ui.responses import done_in_dialog, go_to, render_page

MANAGE = "notifications.manage_channel"


@dataclass(frozen=True)
class Shown:
    """A channel as the page tells of it."""

    channel: Channel
    is_on: bool
    state: str
    tone: str
    note: str
    tested_at: datetime | None
    test_went: bool
    test_said: str


@requires(MANAGE)
def channel_list(request: HttpRequest) -> HttpResponse:
    rows = ways.all_settings()
    shown = [_shown(each, rows.get(each.code)) for each in channels()]
    return render(request, "notifications/channels.html", {"channels": shown})


def _shown(used: Channel, row: ChannelSettings | None) -> Shown:
    test = row.last_test if row else {}
    is_on = row.is_on if row else True
    if ways.is_usable(used, row):
        state, tone, note = _("On"), "success", ""
    elif not is_on:
        state, tone, note = _("Off"), "neutral", _("Switched off.")
    else:
        state, tone, note = _("Off"), "neutral", _("Without credentials nothing leaves this way.")
    return Shown(
        channel=used,
        is_on=is_on,
        state=state,
        tone=tone,
        note=note,
        tested_at=datetime.fromisoformat(test["at"]) if test else None,
        test_went=bool(test.get("ok")),
        test_said=test.get("said", ""),
    )


@requires(MANAGE)
def channel_detail(request: HttpRequest, code: str) -> HttpResponse:
    used = _channel(code)
    row = ways.settings_of(code)
    form = ChannelForm(request.POST or None, actor=request.actor, channel=used, row=row)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(
            configure_channel,
            code=code,
            values=form.values,
            events=form.cleaned_data.get("events", ()),
            is_on=form.cleaned_data["is_on"],
            actor=request.actor,
        )
        if saved is not None:
            return go_to(request, "notifications:channel_list", message=_("Channel saved."))
    context: dict[str, Any] = {"form": form, "channel": used, "shown": _shown(used, row)}
    return render_page(
        request, "notifications/channel.html", "notifications/_channel_form.html", context
    )


@require_POST
@requires(MANAGE)
def channel_switch(request: HttpRequest, code: str) -> HttpResponse:
    row = switch_channel(code=code, is_on="on" in request.POST, actor=request.actor)
    said = _("The channel is switched on.") if row.is_on else _("The channel is switched off.")
    return go_to(request, "notifications:channel_list", message=said)


@requires(MANAGE)
def channel_try(request: HttpRequest, code: str) -> HttpResponse:
    """Send a message to try the channel, and say what came of it."""
    used = _channel(code)
    form = TryForm(request.POST if request.method == "POST" else None, channel=used)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        tried = form.attempt(
            try_channel, code=code, to=form.cleaned_data.get("to", ""), actor=request.actor
        )
        if tried is not None:
            went, said = tried
            if went:
                return done_in_dialog(request, message=_("The provider took the message."))
            messages.error(request, _("It did not go: %(said)s") % {"said": said})
            return done_in_dialog(request)
    context = {"form": form, "channel": used}
    status = 422 if form.is_bound else 200
    return render(request, "notifications/_channel_try.html", context, status=status)


def _channel(code: str) -> Channel:
    try:
        return channel(code)
    except LookupError as error:
        raise NotFound(_("There is no such channel.")) from error
