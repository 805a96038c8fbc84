"""The kinds of subject there are: those of the modules, and those that the group added."""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.approvals import subjects
from apps.approvals.models import RequestKind
from apps.approvals.subjects import SubjectKind
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.language import in_active_language

_KEPT = "approvals.own_kinds"
_SECONDS = 300


def kind_of(code: str) -> SubjectKind:
    """Raises NotFound for a kind that is neither a module's nor the group's."""
    found = subjects.find(code) or _own_kinds().get(code)
    if found is None:
        raise NotFound(_("There is no such kind of request."))
    return found


def all_kinds() -> list[SubjectKind]:
    return [*subjects.declared(), *_own_kinds().values()]


def kind_label(code: str) -> str:
    """What a kind is called, also one whose module is gone."""
    found = subjects.find(code) or _own_kinds().get(code)
    return str(found.label) if found else code


def _own_kinds() -> dict[str, SubjectKind]:
    """The group's own kinds, in the reader's language; remembered, for every list asks."""
    rows: list[tuple[str, str, str]] | None = cache.get(_KEPT)
    if rows is None:
        rows = list(RequestKind.objects.order_by("pk").values_list("code", "name_zh", "name_en"))
        cache.set(_KEPT, rows, _SECONDS)
    kinds = {}
    for code, name_zh, name_en in rows:
        name = f"{subjects.OWN}{code}"
        kinds[name] = subjects.own_kind(name, in_active_language(name_zh, name_en))
    return kinds


def forget_own_kinds() -> None:
    """After a change of them: it shows at once."""
    cache.delete(_KEPT)


def list_request_kinds(actor: Actor) -> QuerySet[RequestKind]:
    return RequestKind.objects.visible_to(actor).order_by("pk")


def get_request_kind(*, request_kind_id: int) -> RequestKind:
    """Raises NotFound."""
    found = RequestKind.objects.filter(pk=request_kind_id).first()
    if found is None:
        raise NotFound(_("There is no such kind of request."))
    return found
