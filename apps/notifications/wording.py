"""The words of an event: as delivered, or as the group has put them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from apps.notifications.channels import CHAT
from apps.notifications.models import TemplateText
from apps.notifications.registry import Event
from apps.notifications.rules import texts
from apps.notifications.rules.values import LANGUAGES, shown
from forecourt.kernel.groups import current_group
from forecourt.kernel.remembered import Remembered

SMS = "sms"
WAYS = ("in_app", "email", SMS, CHAT)
"""What an event has texts for; all chats share theirs."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one language."""

    title: str
    body: str
    provider_template: str = ""


def _read_own() -> dict[tuple[str, str, str], Text]:
    return {
        (row.event, row.way, row.language): Text(row.title, row.body, row.provider_template)
        for row in TemplateText.objects.all()
    }


own_texts = Remembered("notifications.texts", _read_own)
"""The group's own texts by event, way and language."""


def language_now() -> str:
    active = (translation.get_language() or LANGUAGES[0])[:2]
    return next((code for code in LANGUAGES if code.startswith(active)), LANGUAGES[0])


def delivered_text(event: Event, way: str) -> Text:
    """The text that the event came with, in the active language."""
    if way == SMS:
        return Text(str(event.short or event.title), "")
    return Text(str(event.title), str(event.body))


def text_of(event: Event, way: str) -> Text:
    """The group's text for the event, else the one it came with, in the active language."""
    return own_texts.get().get((event.code, way, language_now())) or delivered_text(event, way)


def own_words(event: Event, values: Mapping[str, Any], way: str) -> Text:
    """The text that a message carries itself, else the event's, in the active language."""
    if not event.has_own_words:
        return text_of(event, way)
    title, body = str(values.get("title", "")), str(values.get("text", ""))
    template = str(values.get("template", ""))
    return Text(body, "", template) if way == SMS else Text(title or body, body, template)


def values_of(values: Mapping[str, Any]) -> dict[str, str]:
    """The kept values as texts, with what every event fills."""
    group = current_group()
    return {"group": group.name if group else "", "actor": "", **shown(values)}


def words(
    event: Event, values: Mapping[str, Any], *, way: str = "in_app", count: int = 1
) -> tuple[str, str]:
    """Title and body of an event; several of a kind have a title of their own and no body."""
    said = values_of(values)
    if count > 1:
        return texts.fill(str(event.title_many), {**said, "count": str(count)}), ""
    text = own_words(event, values, way)
    return texts.fill(text.title, said), texts.fill(text.body, said)
