"""What documents keep in the configuration file: the kinds, by code."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.documents import actions, papers, subjects
from apps.documents.actions.kinds import FIELDS
from apps.documents.models import DocumentKind, DocumentTemplate
from apps.documents.models.kinds import YEARS_MOST
from apps.documents.queries.templates import Place, draft_at, place_named
from apps.documents.rules.papers import TemplateState
from apps.documents.rules.types import LARGEST_MEGABYTES, FileType
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.configuration import (
    Flag,
    ListOf,
    MapOf,
    OneOf,
    Part,
    Record,
    Report,
    Text,
    Whole,
    at,
    register,
)
from forecourt.kernel.errors import DomainError, NotFound
from forecourt.kernel.papers import check as check_text
from forecourt.kernel.papers.templates import LONGEST_TEMPLATE

PART_WORDS = 2
CODE = Text(30, pattern=r"[a-z][a-z0-9_]*", hint=_("Small letters, digits and _."))
KIND = Record(
    {
        "name_zh": Text(60, blank=True),
        "name_en": Text(60, blank=True),
        "types": ListOf(OneOf(FileType.values)),
        "largest_megabytes": Whole(1, LARGEST_MEGABYTES),
        "is_sensitive": Flag(),
        "role_codes": ListOf(Text(40)),
        "subjects": ListOf(Text(40)),
        "years_kept": Whole(1, YEARS_MOST, empty=True),
        "kept_by_law": Flag(),
        "is_active": Flag(),
        "sequence": Whole(0, 32_767),
    },
    {
        "name_en": "",
        "types": [],
        "largest_megabytes": 50,
        "is_sensitive": False,
        "role_codes": [],
        "subjects": [],
        "years_kept": None,
        "kept_by_law": False,
        "is_active": True,
        "sequence": 0,
    },
)


class DocumentKinds(Part):
    """Every kind with all its rules; one that has documents cannot be left out, only retired."""

    name = "document_kinds"
    label = _("Kinds of documents")
    after = ("roles",)
    shape = MapOf(KIND, CODE)

    def export(self) -> Any:
        return {
            kind.code: {name: getattr(kind, name) for name in FIELDS}
            for kind in DocumentKind.objects.order_by("code")
        }

    def check(self, data: Any, report: Report) -> None:
        roles = {role.code for role in organisation.list_roles()} | set(report.data_of("roles"))
        for code, kind in data.items():
            place = (self.name, code)
            if not kind["name_zh"] and not kind["name_en"]:
                report.problem((*place, "name_zh"), _t("Give it a name."))
            for role in set(kind["role_codes"]) - roles:
                report.problem(
                    (*place, "role_codes"), _t("There is no role “%(code)s”.") % {"code": role}
                )
            for subject in kind["subjects"]:
                if subjects.find(subject) is None:
                    report.problem((*place, "subjects"), _t("There are no such records."))
            if kind["kept_by_law"] and kind["years_kept"] is None:
                report.problem(
                    (*place, "years_kept"), _t("Say how many years the law has them kept.")
                )

    def apply(self, data: Any, actor: Actor) -> None:
        present = {kind.code: kind for kind in DocumentKind.objects.all()}
        for code, wanted in data.items():
            with at(code):
                if code in present:
                    actions.change_kind(kind_id=present[code].pk, actor=actor, **wanted)
                else:
                    actions.add_kind(code=code, actor=actor, **wanted)

    def prune(self, data: Any, actor: Actor) -> None:
        for kind in DocumentKind.objects.exclude(code__in=list(data)):
            with at(kind.code):
                actions.remove_kind(kind_id=kind.pk, actor=actor)


register(DocumentKinds())


class DocumentTemplates(Part):
    """The texts of papers that the group has published, by paper, language and part of the group.

    A key is ``crm.letter/en``, with a brand ``crm.letter/en/brand/比亚迪``, with a store
    ``crm.letter/en/store/SHPD``. Drafts are work and stay out.
    """

    name = "document_templates"
    label = _("Templates of papers")
    shape = MapOf(
        Record(
            {"text": Text(LONGEST_TEMPLATE, multiline=True), "is_sealed": Flag()},
            {"is_sealed": False},
        )
    )

    def export(self) -> Any:
        rows = DocumentTemplate.objects.filter(state=TemplateState.PUBLISHED)
        found = {_key(row): row for row in rows.select_related("store")}
        return {
            key: {"text": row.text, "is_sealed": row.is_sealed}
            for key, row in sorted(found.items())
        }

    def check(self, data: Any, report: Report) -> None:
        for key, wanted in data.items():
            try:
                place = _place(key)
                papers.paper_of(place.code)
                check_text(wanted["text"], papers.paper_of(place.code).words)
            except DomainError as fault:
                report.problem((self.name, key), fault.message)

    def apply(self, data: Any, actor: Actor) -> None:
        present = self.export()
        for key, wanted in data.items():
            if present.get(key) == wanted:
                continue
            with at(key):
                _publish(_place(key), wanted, actor)

    def prune(self, data: Any, actor: Actor) -> None:
        rows = DocumentTemplate.objects.filter(state=TemplateState.PUBLISHED)
        for row in rows.select_related("store"):
            if _key(row) not in data:
                with at(_key(row)):
                    actions.retire_template(document_template_id=row.pk, actor=actor)


def _publish(place: Place, wanted: Any, actor: Actor) -> None:
    """Let a text hold; a draft that somebody is writing is there again afterwards."""
    where = {
        "code": place.code,
        "language": place.language,
        "brand": place.brand,
        "store_id": place.store_id,
        "actor": actor,
    }
    draft = draft_at(place)
    kept = {"text": draft.text, "is_sealed": draft.is_sealed, "note": draft.note} if draft else None
    row = actions.save_template(**where, **wanted)
    actions.publish_template(document_template_id=row.pk, actor=actor)
    if kept:
        actions.save_template(**where, **kept)


def _key(row: DocumentTemplate) -> str:
    parts = [row.code, row.language]
    if row.store:
        parts += ["store", row.store.code]
    elif row.brand:
        parts += ["brand", row.brand]
    return "/".join(parts)


def _place(key: str) -> Place:
    """Raises NotFound for a paper, language, brand or store that there is not."""
    code, language, *part = key.split("/", 3)
    kind, name = part if len(part) == PART_WORDS else ("", "")
    if part and kind not in ("brand", "store"):
        raise NotFound(_t("There is no such paper."))
    store = organisation.stores_by_code().get(name) if kind == "store" else None
    if kind == "store" and store is None:
        raise NotFound(_t("There is no store “%(code)s”.") % {"code": name})
    return place_named(
        code=code,
        language=language,
        brand=name if kind == "brand" else "",
        store_id=store.pk if store else None,
    )


register(DocumentTemplates())
