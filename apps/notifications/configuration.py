"""A group's own texts, as a part of its configuration file."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.notifications.actions import reset_text, save_text
from apps.notifications.actions.wording import ways_of
from apps.notifications.models import TemplateText
from apps.notifications.registry import find_event
from apps.notifications.rules import texts
from apps.notifications.rules.values import LANGUAGES
from forecourt.kernel.access import Actor
from forecourt.kernel.configuration import MapOf, Part, Record, Report, Text, at, register

SAID = Record(
    {
        "title": Text(200),
        "body": Text(2000, blank=True),
        "provider_template": Text(60, blank=True),
    },
    {"body": "", "provider_template": ""},
)


class NotificationTexts(Part):
    """By event, way and language; what a group left as delivered is not in the file."""

    name = "notification_texts"
    label = _("Texts of notifications")
    shape = MapOf(MapOf(MapOf(SAID)))

    def export(self) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for row in TemplateText.objects.order_by("event", "way", "language"):
            data.setdefault(row.event, {}).setdefault(row.way, {})[row.language] = {
                "title": row.title,
                "body": row.body,
                "provider_template": row.provider_template,
            }
        return data

    def check(self, data: dict[str, Any], report: Report) -> None:
        for event_code, way, language, said in _each(data):
            place = (self.name, event_code, way, language)
            event = find_event(event_code)
            if event is None or way not in ways_of(event) or language not in LANGUAGES:
                report.problem(place, _t("There is no such text."))
                continue
            named = texts.placeholders_in(said["title"]) | texts.placeholders_in(said["body"])
            unknown = named - event.known_placeholders.keys()
            if unknown:
                report.problem(
                    place,
                    _t("There is no placeholder %(unknown)s here.")
                    % {"unknown": ", ".join(sorted(unknown))},
                )

    def apply(self, data: dict[str, Any], actor: Actor) -> None:
        for event_code, way, language, said in _each(data):
            with at(event_code, way, language):
                save_text(event_code=event_code, way=way, language=language, actor=actor, **said)

    def prune(self, data: dict[str, Any], actor: Actor) -> None:
        kept = {place[:3] for place in _each(data)}
        for row in TemplateText.objects.all():
            if (row.event, row.way, row.language) not in kept:
                reset_text(event_code=row.event, way=row.way, language=row.language, actor=actor)


def _each(data: dict[str, Any]):
    for event_code, ways in data.items():
        for way, languages in ways.items():
            for language, said in languages.items():
                yield event_code, way, language, said


register(NotificationTexts())
