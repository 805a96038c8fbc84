"""Changing kinds of documents, which are the whole group's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.models import DocumentKind
from apps.documents.models.kinds import YEARS_MOST, forget_kinds
from apps.documents.queries.kinds import lock_kind
from apps.documents.rules.types import LARGEST_MEGABYTES, FileType
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.text import pinyin_sort_key

NAME_MOST = 60
CODE = re.compile(r"[a-z][a-z0-9_]{0,29}")
FIELDS = (
    "name_zh",
    "name_en",
    "types",
    "largest_megabytes",
    "is_sensitive",
    "role_codes",
    "subjects",
    "years_kept",
    "kept_by_law",
    "is_active",
    "sequence",
)
MANAGE = "documents.manage_kind"


@transaction.atomic
def add_kind(*, name_zh: str, actor: Actor, code: str = "", **values: Any) -> DocumentKind:
    """A kind of the group's own; its code is made of the name where none is given.

    Values are those of the model. Raises NotPermitted, Invalid or Conflict (code taken).
    """
    actor.require(MANAGE)
    kind = DocumentKind(code=code.strip() or _code_for(values.get("name_en") or name_zh))
    if not CODE.fullmatch(kind.code):
        raise Invalid(_("Small letters, digits and _."), field="code")
    if DocumentKind.objects.filter(code=kind.code).exists():
        raise Conflict(_("There is such a kind already."), field="name_zh")
    last = DocumentKind.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    values.setdefault("sequence", (last or 0) + 10)
    _take(kind, {"name_zh": name_zh, **values})
    kind.save()
    audit.record(actor, "created", kind)
    forget_kinds()
    return kind


@transaction.atomic
def change_kind(*, kind_id: int, actor: Actor, **values: Any) -> DocumentKind:
    """Change a kind; what is not given stays. Its documents follow it at once.

    Raises NotPermitted, NotFound or Invalid.
    """
    kind = lock_kind(kind_id=kind_id, actor=actor)
    before = {name: getattr(kind, name) for name in FIELDS}
    _take(kind, values)
    changes = audit.changes_between(before, {name: getattr(kind, name) for name in FIELDS})
    if changes:
        kind.save(update_fields=list(FIELDS))
        audit.record(actor, "changed", kind, changes)
        forget_kinds()
    return kind


@transaction.atomic
def remove_kind(*, kind_id: int, actor: Actor) -> None:
    """Take away a kind that no document is of. Raises NotPermitted, NotFound or Conflict."""
    kind = lock_kind(kind_id=kind_id, actor=actor)
    if kind.documents.exists():
        raise Conflict(
            _("“%(name)s” has documents: take it out of use instead.") % {"name": kind.name}
        )
    audit.record(actor, "deleted", kind)
    kind.delete()
    forget_kinds()


def _take(kind: DocumentKind, values: dict[str, Any]) -> None:
    for name in values:
        if name not in FIELDS:
            raise TypeError(f"A kind of document has no {name}.")
    for name, value in values.items():
        setattr(kind, name, value)
    kind.name_zh = _clean_name(kind.name_zh, "name_zh")
    kind.name_en = _clean_name(kind.name_en, "name_en")
    if not kind.name_zh and not kind.name_en:
        raise Invalid(_("Give it a name."), field="name_zh")
    kind.types = _known(kind.types, FileType.values, "types")
    kind.subjects = _known(kind.subjects, [each.code for each in subjects.declared()], "subjects")
    roles = [role.code for role in organisation.list_roles()]
    kind.role_codes = _known(kind.role_codes, roles, "role_codes")
    if not 1 <= kind.largest_megabytes <= LARGEST_MEGABYTES:
        raise Invalid(
            _("Between %(least)s and %(most)s.") % {"least": 1, "most": LARGEST_MEGABYTES},
            field="largest_megabytes",
        )
    if kind.years_kept is not None and not 1 <= kind.years_kept <= YEARS_MOST:
        raise Invalid(
            _("Between %(least)s and %(most)s.") % {"least": 1, "most": YEARS_MOST},
            field="years_kept",
        )
    if kind.kept_by_law and kind.years_kept is None:
        raise Invalid(_("Say how many years the law has them kept."), field="years_kept")


def _known(given: Iterable[str], known: Iterable[str], field: str) -> list[str]:
    """Each of those given once. Raises Invalid for one that is not known."""
    found = list(dict.fromkeys(given))
    strange = sorted(set(found) - set(known))
    if strange:
        raise Invalid(_("There is no “%(name)s”.") % {"name": ", ".join(strange)}, field=field)
    return found


def _clean_name(text: str, field: str) -> str:
    name = " ".join(text.split())
    if len(name) > NAME_MOST:
        raise Invalid(_("At most %(count)s characters.") % {"count": NAME_MOST}, field=field)
    return name


def _code_for(name: str) -> str:
    """A code that programs use, from the name: 验车照片 becomes yan_che_zhao_pian."""
    syllables = re.sub(r"(?<=[a-zü])[1-5]\b", "", pinyin_sort_key(name, person=False).lower())
    code = re.sub(r"[^a-z0-9]+", "_", syllables).strip("_")[:30].strip("_")
    if not CODE.fullmatch(code):
        raise Invalid(_("Choose a name with letters."), field="name_zh")
    return code
