"""The group's seal: its certificates, and whether a file carries it."""

from __future__ import annotations

from apps.documents.models import SealCertificate
from apps.documents.queries.templates import VIEW
from forecourt.kernel.access import Actor
from forecourt.kernel.papers import Seal, verify_seal


def list_certificates(actor: Actor) -> list[SealCertificate]:
    """The newest first; none before the first paper was sealed. Raises NotPermitted."""
    actor.require(VIEW)
    return list(SealCertificate.objects.order_by("-made_at", "-pk"))


def check_seal(content: bytes) -> Seal:
    """Raises forecourt.kernel.papers.SealBroken with what is wrong."""
    certificates = SealCertificate.objects.values_list("certificate", flat=True)
    return verify_seal(content, certificates=list(certificates))
