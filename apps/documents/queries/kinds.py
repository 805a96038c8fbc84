"""Kinds of documents: all of them, and those that somebody may choose for a record."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from apps.documents.models import DocumentKind
from apps.documents.models.kinds import NAMES
from apps.documents.models.sight import hidden_kinds
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.language import in_active_language


def list_kinds(actor: Actor) -> QuerySet[DocumentKind]:
    """The kinds that the actor sees as configuration, in their order."""
    return DocumentKind.objects.visible_to(actor)


def kinds_with_counts(actor: Actor) -> QuerySet[DocumentKind]:
    """The same, with how many documents each has."""
    return list_kinds(actor).annotate(document_count=Count("documents")).order_by("sequence", "pk")


def get_kind(*, kind_id: int, actor: Actor) -> DocumentKind:
    """Raises NotFound."""
    return _one(list_kinds(actor), kind_id)


def lock_kind(*, kind_id: int, actor: Actor) -> DocumentKind:
    """Raises NotPermitted or NotFound."""
    actor.require("documents.manage_kind")
    return _one(DocumentKind.objects.select_for_update(), kind_id)


def kinds_to_choose(actor: Actor, subject: str = "") -> list[DocumentKind]:
    """Kinds in use that the actor sees documents of, those proposed for the record first."""
    kinds = DocumentKind.objects.filter(is_active=True).exclude(pk__in=hidden_kinds(actor))
    found = list(kinds)
    proposed = [kind for kind in found if subject and subject in kind.subjects]
    general = [kind for kind in found if not kind.subjects]
    if not subject:
        return found
    return [*proposed, *general, *(kind for kind in found if kind not in [*proposed, *general])]


def get_kind_to_choose(*, kind_id: int, actor: Actor) -> DocumentKind:
    """Raises NotFound for a kind that is out of use or not for the actor."""
    kinds = DocumentKind.objects.filter(is_active=True).exclude(pk__in=hidden_kinds(actor))
    return _one(kinds, kind_id)


def kind_named(code: str) -> DocumentKind:
    """Raises NotFound."""
    found = DocumentKind.objects.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no such kind of document."))
    return found


def _one(kinds: QuerySet[DocumentKind], kind_id: int) -> DocumentKind:
    found = kinds.filter(pk=kind_id).first()
    if found is None:
        raise NotFound(_("There is no such kind of document."))
    return found


def kind_name(code: str) -> str:
    """What a kind is called; its code where it has been removed."""
    name_zh, name_en = NAMES.get().get(code, (code, code))
    return in_active_language(name_zh, name_en)
