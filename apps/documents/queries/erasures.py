"""Proofs of erasures, which stand in the sealed audit log."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.rules.verbs import ERASED
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.models import AuditEntry


def get_erasure(*, erasure_id: int, actor: Actor) -> AuditEntry:
    """The proof, for whoever may erase and still sees the person. Raises NotPermitted, NotFound."""
    actor.require("documents.erase_papers")
    entry = AuditEntry.objects.filter(pk=erasure_id, action=ERASED).first()
    kinds = {each.model.lower(): each for each in subjects.declared() if each.is_person}
    if entry is None or entry.subject_kind not in kinds:
        raise NotFound(_("No such proof."))
    kinds[entry.subject_kind].get(int(entry.subject_id), actor)
    return entry
