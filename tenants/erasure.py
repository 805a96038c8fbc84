"""Removing a group from everywhere, with proof of what went.

What there is is written down first, then removed place by place, and what the platform knows of the
group goes last: until then the removal can be repeated, however it was cut off.
"""

import logging
import secrets

from django.db import connections, transaction

from forecourt.kernel import cache, crypto, events, queue
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import inside
from forecourt.kernel.storage import Holdings, group_storage
from tenants import schemas
from tenants.directory import forget
from tenants.events import GroupErased
from tenants.models import (
    DealerGroup,
    ErasureCertificate,
    GroupImport,
    GroupMigration,
    Membership,
    SignUp,
    Space,
)
from tenants.releases import OWNER

logger = logging.getLogger(__name__)

CACHE_KEYS, MESSAGES = "cache_keys", "queued_messages"
NOTHING = Holdings(0, 0, 0, 0)


class NotErased(Exception):
    """Something of the group is still there; erasing it can be repeated."""


def erase(group: DealerGroup) -> ErasureCertificate:
    """Remove a group with everything it had; can be repeated until all of it is gone.

    Its address stops answering first. Raises NotErased, or whatever a place that could not be
    reached has raised.
    """
    group.state = DealerGroup.State.CLOSED
    group.save(update_fields=["state"])
    forget(group)
    certificate, _created = ErasureCertificate.objects.get_or_create(
        schema_name=group.schema_name,
        defaults={
            "slug": group.slug,
            "code": secrets.token_hex(16),
            "begun_at": now(),
            "counts": _count_rows(group.schema_name),
            "places": _count_places(group),
        },
    )
    _remove(group, certificate)
    certificate.erased_at = now()
    certificate.save(update_fields=["erased_at"])
    logger.info("group erased", extra={"group": group.schema_name})
    return certificate


def abandon(group: DealerGroup) -> None:
    """Take back a group that never opened, so that its address is free again."""
    group.state = DealerGroup.State.CLOSED
    group.save(update_fields=["state"])
    _remove(group, None)


def get_certificate(*, code: str) -> ErasureCertificate:
    """A finished erasure, for whoever was told its code. Raises NotFound."""
    found = ErasureCertificate.objects.filter(code=code, erased_at__isnull=False).first()
    if found is None:
        raise NotFound("No such certificate.")
    return found


def certificate_path(certificate: ErasureCertificate) -> str:
    """Where the platform's own site shows it; one of an earlier release has no page."""
    return f"/erased/{certificate.code}/" if certificate.code else ""


def _remove(group: DealerGroup, certificate: ErasureCertificate | None) -> None:
    forget(group)
    _drop_messages(group, certificate)
    _drop_files(group)
    schemas.drop(group.schema_name)
    # A request or a task that had begun before may have left something until its tables went.
    _drop_files(group)
    _drop_messages(group, certificate)
    _note(certificate, CACHE_KEYS, cache.drop_group(group.schema_name))
    crypto.forget_keys()
    with transaction.atomic(using="control"):
        for model in (Space, GroupMigration, GroupImport, Membership, SignUp):
            model.objects.filter(schema_name=group.schema_name).delete()
        group.domains.all().delete()
        DealerGroup.objects.filter(pk=group.pk).delete()
        events.publish(GroupErased(schema_name=group.schema_name))


def _drop_messages(group: DealerGroup, certificate: ErasureCertificate | None) -> None:
    _note(certificate, MESSAGES, queue.drop_group(group.schema_name))


def _drop_files(group: DealerGroup) -> None:
    """All objects in all versions, and unfinished uploads. Raises NotErased."""
    with inside(group.identity):
        group_storage().delete_group()
        left = group_storage().holdings()
    if left != NOTHING:
        raise NotErased(f"The file store still has {left} of {group.slug}.")


def _note(certificate: ErasureCertificate | None, place: str, count: int) -> None:
    """Added up: a run that was cut off has removed some already."""
    if certificate is not None and count:
        certificate.places[place] = certificate.places.get(place, 0) + count
        certificate.save(update_fields=["places"])


def _count_places(group: DealerGroup) -> dict[str, int]:
    with inside(group.identity):
        held = group_storage().holdings()
    return {
        "files": held.files,
        "bytes": held.bytes,
        "older_versions": held.older,
        "unfinished_uploads": held.unfinished,
        "accounts_in_directory": Membership.objects.filter(schema_name=group.schema_name).count(),
        "addresses": group.domains.count(),
        CACHE_KEYS: 0,
        MESSAGES: 0,
    }


def _count_rows(schema_name: str) -> dict[str, int]:
    counts = {}
    schema = schemas.quoted(schema_name)
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema_name])
        for (table,) in sorted(cursor.fetchall()):
            cursor.execute(f'SELECT count(*) FROM {schema}."{table}"')  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts
