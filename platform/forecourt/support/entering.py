"""The way of an operator into a group that has let support in, and her way out.

She begins at the group's door, which remembers her browser and sends her to the console; the
console knows who she is and sends her back with a key. The key opens once, within a minute, at
that group's door alone and in that browser alone: whoever else has seen the link cannot use it.

Reads and writes the platform's tables, and nothing of a group.
"""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotPermitted
from forecourt.support.models import SupportGrant, SupportVisit
from forecourt.support.rules import LINK_GOOD_FOR
from tenants.groups import host_of
from tenants.models import DealerGroup
from tenants.signups import public_url

DOOR = "/support/enter/"


class NotLetIn(NotPermitted):
    code = "support_not_let_in"


def open_grant(schema_name: str) -> SupportGrant | None:
    """The grant by which support may be in the group at this moment."""
    return SupportGrant.objects.filter(
        schema_name=schema_name, ended_at__isnull=True, until__gt=now()
    ).first()


def list_grants(schema_name: str) -> QuerySet[SupportGrant]:
    """All there were, the newest first, with their visits."""
    grants = SupportGrant.objects.filter(schema_name=schema_name).order_by("-id")
    return grants.prefetch_related("visits")


def door_of(group: DealerGroup) -> str:
    """Where an operator begins: the address of the group's door."""
    return public_url(DOOR).replace(settings.BASE_DOMAIN, host_of(group.slug), 1)


def console_url(slug: str, browser: str) -> str:
    """Where the group's door sends her, to be recognised."""
    return public_url(f"/operators/support/{slug}/?browser={digest_of(browser)}")


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(*, group: DealerGroup, operator_id: int, operator_name: str, browser_digest: str) -> str:
    """The address with the key, for one browser. Raises NotLetIn without an open grant."""
    grant = open_grant(group.schema_name)
    if grant is None:
        raise NotLetIn(_("This group has not let support in, or its time is over."))
    key = new_secret()
    SupportVisit.objects.create(
        grant=grant,
        operator_id=operator_id,
        operator_name=operator_name,
        key_digest=digest_of(key),
        browser_digest=browser_digest,
        issued_at=now(),
    )
    return f"{door_of(group)}?key={key}"


def redeem(*, schema_name: str, key: str, browser: str) -> SupportVisit:
    """The visit that a key opens, once. Raises NotLetIn, and does not say why."""
    moment = now()
    with transaction.atomic(using="control"):
        visit = (
            SupportVisit.objects.select_for_update(of=("self",))
            .select_related("grant")
            .filter(
                key_digest=digest_of(key),
                browser_digest=digest_of(browser),
                grant__schema_name=schema_name,
                entered_at__isnull=True,
                ended_at__isnull=True,
                issued_at__gt=moment - LINK_GOOD_FOR,
            )
            .first()
        )
        if visit is None or not browser or not visit.grant.is_open(moment):
            raise NotLetIn(_("This link is no longer good. Begin again at the console."))
        visit.entered_at = moment
        visit.save(update_fields=["entered_at"])
    return visit


def visit_that_goes_on(*, visit_id: int, schema_name: str) -> SupportVisit | None:
    """The visit of a session as long as its grant lasts, to the second; else None."""
    visit = (
        SupportVisit.objects.select_related("grant")
        .filter(pk=visit_id, grant__schema_name=schema_name, ended_at__isnull=True)
        .first()
    )
    return visit if visit is not None and visit.grant.is_open(now()) else None


def end_visit(visit: SupportVisit) -> None:
    SupportVisit.objects.filter(pk=visit.pk, ended_at__isnull=True).update(ended_at=now())


def end_visits_of(*, operator_id: int) -> int:
    """An operator who is let in no more is let in nowhere, from this moment."""
    return SupportVisit.objects.filter(operator_id=operator_id, ended_at__isnull=True).update(
        ended_at=now()
    )


def end_of(grant: SupportGrant) -> datetime:
    """When it ended, or will."""
    return min(grant.until, grant.ended_at) if grant.ended_at else grant.until
