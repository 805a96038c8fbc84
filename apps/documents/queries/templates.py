"""Templates of papers: which one holds where, and their versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from apps.documents.models import DocumentTemplate
from apps.documents.papers import PaperKind, paper_of
from apps.documents.rules.papers import Language, TemplateState
from apps.organisation.brands import all_names, standard_name
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound, NotPermitted

MANAGE = "documents.manage_template"
VIEW = "documents.view_template"


@dataclass(frozen=True, slots=True)
class Place:
    """What a template is for: a paper in a language, in the whole group, for a brand or a store.

    A brand is known by any of its names, so that ``BYD`` and ``比亚迪`` are one place.
    """

    code: str
    language: str
    brand: str = ""
    store_id: int | None = None

    def rows(self) -> QuerySet[DocumentTemplate]:
        return _by_brand().filter(
            _is_brand(self.brand), code=self.code, language=self.language, store=self.store_id
        )

    @classmethod
    def of(cls, template: DocumentTemplate) -> Place:
        return cls(
            template.code, template.language, standard_name(template.brand), template.store_id
        )


@dataclass(frozen=True, slots=True)
class Text:
    """The text that a paper is made from: the group's own version, or the delivered one."""

    text: str
    is_sealed: bool
    template: DocumentTemplate | None = None


def text_for(kind: PaperKind, *, language: str, store_id: int | None, brand: str) -> Text:
    """What holds for a record: its store's template, else its brand's, the group's, ours."""
    fits = Q(brand="", store__isnull=True)
    if store_id is not None:
        fits |= Q(store=store_id)
    if brand:
        fits |= _is_brand(brand)
    found = list(
        _by_brand().filter(fits, code=kind.code, language=language, state=TemplateState.PUBLISHED)
    )
    if not found:
        return Text(kind.delivered(language), kind.is_sealed)
    best = max(found, key=lambda row: (row.store_id is not None, row.brand != ""))
    return Text(best.text, best.is_sealed, best)


def _by_brand() -> QuerySet[DocumentTemplate]:
    return DocumentTemplate.objects.alias(brand_key=Lower("brand"))


def _is_brand(name: str) -> Q:
    """Templates for the brand, under whichever name they were written; without a name for none."""
    return Q(brand_key__in=all_names(name) or [""])


def list_templates(actor: Actor) -> QuerySet[DocumentTemplate]:
    """All versions of all places."""
    return DocumentTemplate.objects.visible_to(actor).select_related("store", "changed_by")


def newest_of_each(actor: Actor) -> list[DocumentTemplate]:
    """For every place that has texts of its own: the published version, else the draft."""
    rows = list_templates(actor).exclude(state=TemplateState.RETIRED).order_by("id")
    found: dict[Place, DocumentTemplate] = {}
    for row in rows:
        place = Place.of(row)
        if place not in found or row.state == TemplateState.PUBLISHED:
            found[place] = row
    return list(found.values())


def get_template(*, document_template_id: int, actor: Actor) -> DocumentTemplate:
    """Raises NotFound."""
    found = list_templates(actor).filter(pk=document_template_id).first()
    if found is None:
        raise NotFound(_("No such template."))
    return found


def versions_at(place: Place) -> list[DocumentTemplate]:
    """The newest first."""
    return list(place.rows().select_related("changed_by", "store").order_by("-number"))


def draft_at(place: Place) -> DocumentTemplate | None:
    return place.rows().filter(state=TemplateState.DRAFT).first()


def published_at(place: Place) -> DocumentTemplate | None:
    return place.rows().filter(state=TemplateState.PUBLISHED).first()


def require_manage(actor: Actor, place: Place) -> None:
    """A store's templates are changed with the right for the store, others with it for the group.

    Raises NotPermitted.
    """
    actor.require(MANAGE)
    if not may_manage(actor, place):
        raise NotPermitted(_("Only headquarters changes templates that hold for several stores."))


def may_manage(actor: Actor, place: Place) -> bool:
    grant = actor.grant(MANAGE)
    return grant.everything or (place.store_id is not None and place.store_id in grant.store_ids)


def languages() -> Iterable[str]:
    return Language.values


def place_named(*, code: str, language: str, brand: str, store_id: int | None) -> Place:
    """A place of a paper that is declared, in a language that there is. Raises NotFound."""
    if language not in Language.values:
        raise NotFound(_("There is no such language."))
    return Place(paper_of(code).code, language, standard_name(brand), store_id)
