"""What documents keep in the configuration file: the kinds, by code."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.documents import actions, subjects
from apps.documents.actions.kinds import FIELDS
from apps.documents.models import DocumentKind
from apps.documents.models.kinds import YEARS_MOST
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
