"""Changing templates of papers: a draft first, which holds once it is published."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.documents.models import DocumentTemplate
from apps.documents.papers import paper_of
from apps.documents.queries.templates import (
    Place,
    draft_at,
    place_named,
    published_at,
    require_manage,
)
from apps.documents.rules.papers import NOTE_MOST, TemplateState
from apps.organisation import queries as organisation
from apps.organisation.brands import standard_names
from forecourt.kernel import audit, papers
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound


@transaction.atomic
def save_template(
    *,
    code: str,
    language: str,
    text: str,
    actor: Actor,
    brand: str = "",
    store_id: int | None = None,
    is_sealed: bool = False,
    note: str = "",
    seen_number: int | None = None,
) -> DocumentTemplate:
    """Write the draft of a place; what is published goes on holding.

    ``seen_number`` is the version that the writer began from: if somebody else has begun another
    one meanwhile, nothing is overwritten. Raises NotPermitted, NotFound, Invalid beside the field,
    or Conflict.
    """
    place = place_named(code=code, language=language, brand=brand, store_id=store_id)
    require_manage(actor, place)
    _require_part_of_group(place)
    text = text.replace("\r\n", "\n")
    papers.check(text, paper_of(code).words)
    if len(note) > NOTE_MOST:
        raise Invalid(_("At most %(count)s characters.") % {"count": NOTE_MOST}, field="note")
    draft = _lock_draft(place)
    before = _said(draft) if draft else {}
    if seen_number is not None and draft is not None and draft.number != seen_number:
        raise Conflict(_("Somebody else has begun a draft meanwhile. Open the page again."))
    if draft is None:
        draft = DocumentTemplate(number=_next_number(place), **_columns(place))
    draft.text, draft.is_sealed, draft.note = text, is_sealed, note.strip()
    draft.changed_by_id, draft.changed_at = actor.staff_id, now()
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError as error:
        raise Conflict(_("Somebody else has begun a draft meanwhile. Open the page again.")) from (
            error
        )
    if before != _said(draft):
        changes = audit.changes_between(before, _said(draft))
        audit.record(actor, "template written", draft, changes, label=_label(draft))
    return draft


@transaction.atomic
def publish_template(*, document_template_id: int, actor: Actor) -> DocumentTemplate:
    """Let a draft hold from now on. Raises NotFound, NotPermitted, or Conflict when it is none."""
    draft = _lock(document_template_id, actor)
    if draft.state != TemplateState.DRAFT:
        raise Conflict(_("Only a draft can be published."))
    papers.check(draft.text, paper_of(draft.code).words)
    before = published_at(Place.of(draft))
    if before is not None:
        before.state = TemplateState.RETIRED
        before.save(update_fields=["state"])
    draft.state, draft.published_at = TemplateState.PUBLISHED, now()
    draft.save(update_fields=["state", "published_at"])
    audit.record(actor, "template published", draft, label=_label(draft))
    return draft


@transaction.atomic
def discard_template(*, document_template_id: int, actor: Actor) -> None:
    """Forget a draft. Raises NotFound, NotPermitted or Conflict."""
    draft = _lock(document_template_id, actor)
    if draft.state != TemplateState.DRAFT:
        raise Conflict(_("Only a draft can be discarded."))
    audit.record(
        actor, "template discarded", draft, {"text": [draft.text, None]}, label=_label(draft)
    )
    draft.delete()


@transaction.atomic
def restore_template(*, document_template_id: int, actor: Actor) -> DocumentTemplate:
    """Take an earlier version's text as the draft. Raises NotFound, NotPermitted or Conflict."""
    old = _lock(document_template_id, actor)
    if old.state == TemplateState.DRAFT:
        raise Conflict(_("This is the draft already."))
    return save_template(
        code=old.code,
        language=old.language,
        brand=old.brand,
        store_id=old.store_id,
        text=old.text,
        is_sealed=old.is_sealed,
        note=_("Version %(number)s again") % {"number": old.number},
        actor=actor,
    )


@transaction.atomic
def retire_template(*, document_template_id: int, actor: Actor) -> DocumentTemplate:
    """Let the published text hold no longer: the wider part's, or the delivered one, does again.

    Raises NotFound, NotPermitted or Conflict.
    """
    row = _lock(document_template_id, actor)
    if row.state != TemplateState.PUBLISHED:
        raise Conflict(_("Only what is published can be withdrawn."))
    row.state = TemplateState.RETIRED
    row.save(update_fields=["state"])
    audit.record(actor, "template retired", row, label=_label(row))
    return row


def _lock(document_template_id: int, actor: Actor) -> DocumentTemplate:
    row = (
        DocumentTemplate.objects.visible_to(actor)
        .select_for_update(of=("self",))
        .filter(pk=document_template_id)
        .first()
    )
    if row is None:
        raise NotFound(_("No such template."))
    require_manage(actor, Place.of(row))
    return row


def _lock_draft(place: Place) -> DocumentTemplate | None:
    draft = draft_at(place)
    return DocumentTemplate.objects.select_for_update().get(pk=draft.pk) if draft else None


def _said(draft: DocumentTemplate) -> dict[str, object]:
    """What the history tells of a draft."""
    return {"text": draft.text, "is_sealed": draft.is_sealed, "note": draft.note}


def _label(row: DocumentTemplate) -> str:
    """What the log calls a version of a text."""
    version = _("Version %(number)s") % {"number": row.number}
    return f"{paper_of(row.code).label} · {row.get_language_display()} · {version}"


def _columns(place: Place) -> dict[str, object]:
    return {
        "code": place.code,
        "language": place.language,
        "brand": place.brand,
        "store_id": place.store_id,
    }


def _next_number(place: Place) -> int:
    last = place.rows().order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def _require_part_of_group(place: Place) -> None:
    if place.store_id is not None and place.brand:
        raise Invalid(_("A template is for a brand or for a store, not for both."), field="brand")
    if place.store_id is not None and not organisation.stores_by_id([place.store_id]):
        raise Invalid(_("Choose one of the list."), field="store_id")
    if place.brand and place.brand not in standard_names(organisation.brand_names()):
        raise Invalid(_("Choose one of the list."), field="brand")
