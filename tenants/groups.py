"""The life of a dealer group: made, changed, erased."""

import logging
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connections, transaction
from django.utils.translation import gettext as _

from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from tenants import scripts, spaces
from tenants.middleware import forget
from tenants.models import SLUG, DealerGroup, Domain, ErasureCertificate, Space

logger = logging.getLogger(__name__)

RESERVED = frozenset(
    "www api app admin mail smtp ftp ns1 ns2 static media assets cdn status docs help support "
    "billing pay stripe login signin signup sign-up account accounts operators operator root "
    "public forecourt localhost test demo blog news shop store legal terms privacy security".split()
)


class AddressTaken(Conflict):
    code = "address_taken"


class AddressReserved(Invalid):
    code = "address_reserved"


def require_free_address(slug: str) -> None:
    """Raises Invalid for a malformed or reserved address, AddressTaken for one in use."""
    if not SLUG.regex.match(slug):
        raise Invalid(SLUG.message, field="slug")
    if slug in RESERVED:
        raise AddressReserved(_("This address is reserved."), field="slug")
    if DealerGroup.objects.filter(slug=slug).exists():
        raise AddressTaken(_("This address is already taken."), field="slug")


def host_of(slug: str) -> str:
    return f"{slug}.{settings.BASE_DOMAIN}"


def register_group(*, slug: str, name: str, **fields: Any) -> DealerGroup:
    """Give a new group a space from the pool and its address.

    Raises AddressTaken when somebody else had the address first; the space then goes back.
    """
    space = spaces.take_space()
    try:
        with transaction.atomic(using="control"):
            group = DealerGroup.objects.create(
                schema_name=space.schema_name, slug=slug, name=name, **fields
            )
            Domain.objects.create(domain=host_of(slug), tenant=group, is_primary=True)
    except IntegrityError as error:
        Space.objects.filter(pk=space.pk).update(state=Space.State.READY)
        raise AddressTaken(_("This address is already taken."), field="slug") from error
    forget(group)
    return group


def erase(group: DealerGroup) -> ErasureCertificate:
    """Remove a group with everything it had; can be repeated until all of it is gone."""
    counts = _count_rows(group.schema_name)
    forget(group)
    scripts.drop_schema(group.schema_name)
    with transaction.atomic(using="control"):
        Space.objects.filter(schema_name=group.schema_name).delete()
        certificate = ErasureCertificate.objects.create(
            schema_name=group.schema_name, slug=group.slug, erased_at=now(), counts=counts
        )
        group.domains.all().delete()
        DealerGroup.objects.filter(pk=group.pk).delete()
    logger.info("group erased", extra={"group": group.schema_name})
    return certificate


def _count_rows(schema_name: str) -> dict[str, int]:
    counts = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema_name])
        for (table,) in sorted(cursor.fetchall()):
            cursor.execute(f'SELECT count(*) FROM "{schema_name}"."{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts
