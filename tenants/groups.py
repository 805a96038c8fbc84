"""The life of a dealer group: made, opened, changed. :mod:`tenants.erasure` ends it."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import events
from forecourt.kernel.clock import now
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.kernel.groups import inside
from tenants import schemas, spaces
from tenants.directory import forget
from tenants.events import GroupFounded
from tenants.models import (
    SLUG,
    DealerGroup,
    Domain,
    SignUp,
    Space,
)

RESERVED_WORDS = (
    "www api app admin mail smtp imap ftp ns1 ns2 mx static media assets cdn status docs help "
    "support billing pay stripe login signin signup sign-up account accounts operators operator "
    "root public forecourt localhost test demo blog news shop store legal terms privacy security "
    "webmail autodiscover autoconfig postmaster hostmaster webmaster abuse wpad health"
)
RESERVED = frozenset(RESERVED_WORDS.split())
UNIQUE_VIOLATION = "23505"
COUNTRY_DEFAULTS = {
    "CN": ("Asia/Shanghai", "CNY"),
    "HK": ("Asia/Hong_Kong", "HKD"),
    "MO": ("Asia/Macau", "MOP"),
    "TW": ("Asia/Taipei", "TWD"),
    "SG": ("Asia/Singapore", "SGD"),
    "MY": ("Asia/Kuala_Lumpur", "MYR"),
    "TH": ("Asia/Bangkok", "THB"),
    "JP": ("Asia/Tokyo", "JPY"),
    "GB": ("Europe/London", "GBP"),
    "DE": ("Europe/Berlin", "EUR"),
    "US": ("America/New_York", "USD"),
    "AE": ("Asia/Dubai", "AED"),
}
"""Time zone and currency that a group of a country starts with; both can be changed later."""


class AddressTaken(Conflict):
    code = "address_taken"


class AddressReserved(Invalid):
    code = "address_reserved"


class NoSpaceReady(Conflict):
    """The pool is empty; a space has to be built first."""

    code = "no_space_ready"


def require_well_formed(slug: str) -> None:
    """Raises Invalid for a malformed address, AddressReserved for one that nobody may have."""
    if not SLUG.regex.match(slug) or "--" in slug:
        raise Invalid(SLUG.message, field="slug")
    if slug in RESERVED:
        raise AddressReserved(_("This address is reserved."), field="slug")


def require_free_address(slug: str, *, own_sign_up_id: int | None = None) -> None:
    """Raises as :func:`require_well_formed`, and AddressTaken for one in use or held by others."""
    require_well_formed(slug)
    if taken_among([slug], own_sign_up_id=own_sign_up_id):
        raise AddressTaken(_("This address is already taken."), field="slug")


def taken_among(slugs: Iterable[str], *, own_sign_up_id: int | None = None) -> set[str]:
    """Those of ``slugs`` that a group has, or that somebody else's open sign-up holds."""
    slugs = list(slugs)
    groups = DealerGroup.objects.filter(slug__in=slugs).values_list("slug", flat=True)
    held = SignUp.objects.filter(
        slug__in=slugs,
        state__in=[SignUp.State.WAITING, SignUp.State.CONFIRMED],
        expires_at__gt=now(),
    ).exclude(pk=own_sign_up_id)
    return set(groups) | set(held.values_list("slug", flat=True))


def host_of(slug: str) -> str:
    return f"{slug}.{settings.BASE_DOMAIN}"


def get_group(slug: str) -> DealerGroup:
    """Raises NotFound."""
    group = DealerGroup.objects.filter(slug=slug).first()
    if group is None:
        raise NotFound(f"No group has the address {slug}.")
    return group


def register_group(*, slug: str, name: str, **fields: Any) -> DealerGroup:
    """Give a new group a space and its address; builds a space when the pool is empty.

    Raises AddressTaken when somebody else had the address first.
    """
    while True:
        try:
            return register_group_from_pool(slug=slug, name=name, **fields)
        except NoSpaceReady:
            spaces.build_space()


def register_group_from_pool(*, slug: str, name: str, **fields: Any) -> DealerGroup:
    """As :func:`register_group`, and raises NoSpaceReady instead of building.

    Space, group and address are one transaction: whatever stops it leaves the space in the pool.
    """
    time_zone, currency = COUNTRY_DEFAULTS.get(
        fields.get("country", "CN"), (settings.TIME_ZONE, settings.DEFAULT_CURRENCY)
    )
    fields = {"time_zone": time_zone, "currency": currency, **fields}
    try:
        with inside(PUBLIC_SCHEMA), transaction.atomic(using="control"):
            space = spaces.lock_ready_space()
            if space is None:
                raise NoSpaceReady(_("The group's space is still being prepared."))
            group = DealerGroup.objects.create(
                schema_name=space.schema_name, slug=slug, name=name, **fields
            )
            Domain.objects.create(domain=host_of(slug), tenant=group, is_primary=True)
            space.state = Space.State.TAKEN
            space.save(update_fields=["state"])
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != UNIQUE_VIOLATION:
            raise
        raise AddressTaken(_("This address is already taken."), field="slug") from error
    forget(group)
    return group


def found_group(group: DealerGroup, *, owner_name: str, email: str, password: str) -> None:
    """Make the owner's account inside the group's schema, and open the group's address.

    ``password`` is an encoded one (``make_password``). May be repeated after a failure.
    """
    with inside(group.identity), transaction.atomic():
        with connection.cursor() as cursor:
            schemas.lock(cursor, group.schema_name)
        events.publish(
            GroupFounded(
                group_name=group.name,
                language=group.language,
                store_count=group.store_count,
                owner_name=owner_name,
                email=email,
                password=password,
            )
        )
    if group.state == DealerGroup.State.PREPARING:
        group.state = DealerGroup.State.TRIALING
        group.save(update_fields=["state"])
        forget(group)


def change_group(
    *, schema_name: str, name: str, language: str = "", time_zone: str = "", currency: str = ""
) -> None:
    """Follow what a group decides about itself; what is empty stays as it is."""
    group = DealerGroup.objects.get(schema_name=schema_name)
    group.name = name[:100] or group.name
    group.language = language or group.language
    group.time_zone = time_zone or group.time_zone
    group.currency = currency or group.currency
    group.save(update_fields=["name", "language", "time_zone", "currency"])
    forget(group)
