"""What a person chooses for herself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.notifications.actions import choose_channels, forget_choices
from apps.notifications.actions.choosing import ways_to_choose
from apps.notifications.channels import AppChannel, channel
from apps.notifications.forms import ChoicesForm
from apps.notifications.preferences import choice
from apps.notifications.registry import IN_APP, Event, all_events
from apps.organisation.queries import module_name
from forecourt.ui import forms
from forecourt.ui.access import signed_in
from forecourt.ui.responses import go_to, render_page


@dataclass(frozen=True)
class Row:
    """An event with a box for each channel: (field's name, channel's label, ticked)."""

    event: Event
    boxes: list[tuple[str, str, bool]]


@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    mine = choice(request.actor.staff_id)
    offered = ways_to_choose()
    form = ChoicesForm(
        request.POST or None,
        initial={"quiet_from": mine.quiet_from, "quiet_to": mine.quiet_to},
    )
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        form.attempt(
            choose_channels,
            channels=_chosen(request, offered),
            quiet_from=form.cleaned_data["quiet_from"],
            quiet_to=form.cleaned_data["quiet_to"],
            actor=request.actor,
        )
        if not form.errors:
            return go_to(request, "notifications:preferences", message=_("Your choice is kept."))
    chosen = _chosen(request, offered) if form.is_bound else None
    events = sorted(all_events(), key=lambda event: event.module)
    context: dict[str, Any] = {
        "form": form,
        "labels": [_label(code) for code in offered],
        "reaches_apps": any(
            isinstance(channel(code), AppChannel) for code in offered if code != IN_APP
        ),
        "sections": [
            (
                module_name(module),
                [
                    _row(
                        event,
                        (chosen or {}).get(event.code, ())
                        if form.is_bound
                        else mine.channels_for(event),
                        offered,
                    )
                    for event in of_module
                ],
            )
            for module, of_module in groupby(events, key=lambda event: event.module)
        ],
    }
    return render_page(
        request,
        "notifications/preferences.html",
        "notifications/_preferences_form.html",
        context,
    )


def _row(event: Event, chosen: Any, offered: list[str]) -> Row:
    boxes = [(f"{event.code}:{code}", _label(code), code in chosen) for code in offered]
    return Row(event, boxes)


def _chosen(request: HttpRequest, offered: list[str]) -> dict[str, list[str]]:
    return {
        event.code: [code for code in offered if f"{event.code}:{code}" in request.POST]
        for event in all_events()
    }


def _label(code: str) -> str:
    return _("Bell") if code == IN_APP else str(channel(code).label)


@require_POST
@signed_in
def preferences_reset(request: HttpRequest) -> HttpResponse:
    forget_choices(actor=request.actor)
    return go_to(request, "notifications:preferences", message=_("The defaults hold again."))
