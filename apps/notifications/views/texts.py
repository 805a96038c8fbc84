"""The texts of notifications: as they come, or as the group has put them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from apps.notifications import queries, wording
from apps.notifications.actions import reset_text, save_text
from apps.notifications.actions.wording import require_placeholders, ways_of
from apps.notifications.forms import TextForm
from apps.notifications.registry import CUSTOMERS, STAFF, Event, all_events, find_event
from apps.notifications.rules import texts
from apps.notifications.rules.values import LANGUAGES
from apps.organisation.queries import module_name
from forecourt.kernel.errors import DomainError, NotFound
from forecourt.ui import forms
from forecourt.ui.access import requires
from forecourt.ui.responses import go_to, render_page

MANAGE = "notifications.manage_text"


@dataclass(frozen=True)
class Cell:
    """One text in the table of all."""

    url: str
    label: str
    is_own: bool


@dataclass(frozen=True)
class Line:
    event: Event
    title: str
    cells: list[tuple[str, list[Cell]]]


def way_label(way: str) -> str:
    return str(
        {
            "in_app": _("Bell"),
            "email": pgettext("channel", "E-mail"),
            "sms": _("Text message"),
            "chat": _("Group chat"),
        }[way]
    )


def language_label(language: str) -> str:
    return {"zh-hans": "中文", "en": "English"}[language]


@requires(MANAGE)
def text_list(request: HttpRequest) -> HttpResponse:
    events = sorted([*all_events(STAFF), *all_events(CUSTOMERS)], key=lambda event: event.module)
    own = wording.own_texts.get()
    sections = [
        (module_name(module), [_line(event, own) for event in of_module])
        for module, of_module in groupby(events, key=lambda event: event.module)
    ]
    context = {"sections": sections, "ways": [way_label(way) for way in wording.WAYS]}
    return render(request, "notifications/texts.html", context)


def _line(event: Event, own: dict[tuple[str, str, str], Any]) -> Line:
    cells = [
        (
            way_label(way),
            [
                Cell(
                    _address(event, way, language),
                    language_label(language),
                    (event.code, way, language) in own,
                )
                for language in LANGUAGES
            ]
            if way in ways_of(event)
            else [],
        )
        for way in wording.WAYS
    ]
    return Line(event, wording.text_of(event, (cells[0][1] and "in_app") or "email").title, cells)


def _address(event: Event, way: str, language: str) -> str:
    return reverse("notifications:text", args=[event.code, way, language])


@requires(MANAGE)
def text_detail(request: HttpRequest, event_code: str, way: str, language: str) -> HttpResponse:
    """Change one text; beside it what it may say, and how it reads on something real."""
    event = _event(event_code, way, language)
    with translation.override(language):
        present = wording.text_of(event, way)
        delivered = wording.delivered_text(event, way)
    form = TextForm(
        request.POST or None,
        way=way,
        initial={
            "title": present.title,
            "body": present.body,
            "provider_template": present.provider_template,
        },
    )
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(
            save_text,
            event_code=event_code,
            way=way,
            language=language,
            actor=request.actor,
            **form.cleaned_data,
        )
        if saved is not None:
            return go_to(request, "notifications:text_list", message=_("Text saved."))
    context = {
        "form": form,
        "event": event,
        "way": way,
        "language": language,
        "way_label": way_label(way),
        "language_label": language_label(language),
        "placeholders": [
            (f"{{{name}}}", label) for name, label in event.known_placeholders.items()
        ],
        "delivered": delivered,
        "is_own": (event_code, way, language) in wording.own_texts.get(),
        "preview": _preview(event, present.title, present.body, language),
    }
    return render_page(request, "notifications/text.html", "notifications/_text_form.html", context)


@require_POST
@requires(MANAGE)
def text_preview(request: HttpRequest, event_code: str, way: str, language: str) -> HttpResponse:
    """How what is typed would read; a wrong placeholder is named in its place."""
    event = _event(event_code, way, language)
    title, body = request.POST.get("title", "")[:200], request.POST.get("body", "")[:2000]
    context: dict[str, Any] = {"event": event}
    try:
        require_placeholders(event, title, field="title")
        require_placeholders(event, body, field="body")
    except DomainError as refusal:
        context["refusal"] = refusal.message
    else:
        context["preview"] = _preview(event, title, body, language)
    return render(request, "notifications/_text_preview.html", context)


@require_POST
@requires(MANAGE)
def text_reset(request: HttpRequest, event_code: str, way: str, language: str) -> HttpResponse:
    reset_text(event_code=event_code, way=way, language=language, actor=request.actor)
    return go_to(
        request, "notifications:text_list", message=_("The text is as it was delivered again.")
    )


def _preview(event: Event, title: str, body: str, language: str) -> tuple[str, str]:
    with translation.override(language):
        said = wording.values_of(queries.sample_values(event))
    return texts.fill(title, said), texts.fill(body, said)


def _event(code: str, way: str, language: str) -> Event:
    event = find_event(code)
    if event is None or way not in ways_of(event) or language not in LANGUAGES:
        raise NotFound(_("There is no such text."))
    return event
