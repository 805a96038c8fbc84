"""The group's certificate, made when the first paper is sealed."""

from __future__ import annotations

from django.db import transaction

from apps.documents.models import SealCertificate
from forecourt.kernel import audit, papers
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_group


@transaction.atomic
def certificate_to_seal_with(*, actor: Actor) -> SealCertificate:
    """The newest that is still valid; a new one where there is none.

    Two who seal the group's first papers at once make two: both verify ever after.
    """
    rows = SealCertificate.objects.filter(valid_until__gt=now())
    return rows.order_by("-made_at", "-pk").first() or _make(actor)


def sealed(content: bytes, *, certificate: SealCertificate, reason: str) -> bytes:
    """The PDF with the group's seal."""
    return papers.seal(
        content,
        certificate=certificate.certificate,
        key=certificate.key.reveal(),
        reason=reason,
    )


def _make(actor: Actor) -> SealCertificate:
    group = current_group()
    made = papers.make_key_pair(name=group.name if group else "Forecourt", at=now())
    row = SealCertificate.objects.create(
        certificate=made.certificate,
        key=made.key,
        fingerprint=made.fingerprint,
        made_at=now(),
        valid_until=made.valid_until,
    )
    audit.record(actor, "certificate made", row)
    return row
