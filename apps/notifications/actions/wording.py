"""A group's own words for an event."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.notifications import wording
from apps.notifications.errors import UnknownPlaceholder
from apps.notifications.models import TemplateText
from apps.notifications.registry import CUSTOMERS, Event, find_event
from apps.notifications.rules import texts
from apps.notifications.rules.values import LANGUAGES
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound

MANAGE = "notifications.manage_text"
LONGEST_TITLE, LONGEST_BODY = 200, 2000


@transaction.atomic
def save_text(
    *,
    event_code: str,
    way: str,
    language: str,
    title: str,
    actor: Actor,
    body: str = "",
    provider_template: str = "",
) -> TemplateText:
    """Keep the group's words for an event on one way, in one language.

    Raises NotFound, NotPermitted, Invalid, or UnknownPlaceholder beside the field that has one.
    """
    actor.require(MANAGE)
    event = _event(event_code, way, language)
    title, body = " ".join(title.split()), body.strip()
    if not title:
        raise Invalid(_("Please enter a text."), field="title")
    if len(title) > LONGEST_TITLE or len(body) > LONGEST_BODY:
        raise Invalid(_("The text is too long."), field="title" if len(title) > 200 else "body")
    require_placeholders(event, title, field="title")
    require_placeholders(event, body, field="body")
    before = TemplateText.objects.filter(event=event_code, way=way, language=language).first()
    row, _made = TemplateText.objects.update_or_create(
        event=event_code,
        way=way,
        language=language,
        defaults={
            "title": title,
            "body": body,
            "provider_template": provider_template.strip()[:60],
        },
    )
    audit.record(
        actor,
        "changed",
        row,
        audit.changes_between(_said(before), _said(row)),
        label=f"{event.label} ({way}, {language})",
    )
    wording.own_texts.forget()
    return row


@transaction.atomic
def reset_text(*, event_code: str, way: str, language: str, actor: Actor) -> None:
    """Return to the text that the event came with; again is no fault.

    Raises NotFound, NotPermitted.
    """
    actor.require(MANAGE)
    event = _event(event_code, way, language)
    row = TemplateText.objects.filter(event=event_code, way=way, language=language).first()
    if row is None:
        return
    audit.record(
        actor,
        "deleted",
        row,
        audit.changes_between(_said(row), _said(None)),
        label=f"{event.label} ({way}, {language})",
    )
    row.delete()
    wording.own_texts.forget()


def require_placeholders(event: Event, text: str, *, field: str) -> None:
    """Raises UnknownPlaceholder, or Invalid for a brace that belongs to none."""
    known = event.known_placeholders
    unknown = sorted(texts.placeholders_in(text) - known.keys())
    if unknown:
        raise UnknownPlaceholder(
            _("There is no placeholder %(unknown)s here. Possible: %(known)s.")
            % {
                "unknown": ", ".join(f"{{{name}}}" for name in unknown)[:200],
                "known": ", ".join(f"{{{name}}}" for name in known),
            },
            field=field,
        )
    if texts.has_stray_brace(text):
        raise Invalid(_("A brace is left open."), field=field)


def _event(code: str, way: str, language: str) -> Event:
    event = find_event(code)
    if event is None or way not in ways_of(event) or language not in LANGUAGES:
        raise NotFound(_("There is no such text."))
    return event


def ways_of(event: Event) -> tuple[str, ...]:
    """The ways for which an event has a text: customers have no bell and no chat."""
    if event.to == CUSTOMERS:
        return ("email", wording.SMS)
    return wording.WAYS


def _said(row: TemplateText | None) -> dict[str, str]:
    if row is None:
        return {"title": "", "body": "", "provider_template": ""}
    return {"title": row.title, "body": row.body, "provider_template": row.provider_template}
