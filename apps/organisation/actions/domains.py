"""Host names of the group's own: the platform proves them, the group decides and is told."""

from django.db import transaction

from billing.entitlements import require_entitled
from billing.plans import Resource
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.groups import current_schema
from tenants import domains
from tenants.models import DealerGroup, OwnDomain

MANAGE = "organisation.manage_group"


def add_domain(*, host: str, actor: Actor) -> OwnDomain:
    """Raises NotPermitted, LimitReached, HostRefused, HostAdded or HostTaken."""
    actor.require(MANAGE)
    free = domains.require_free(host)  # may ask the DNS, and so before anything is held
    with transaction.atomic():
        require_entitled(Resource.DOMAINS)
        domain = domains.add_domain(host=free)
        audit.record(actor, "domain_added", domain, label=domain.host)
    return domain


def check_domain(*, domain_id: int, actor: Actor) -> OwnDomain:
    """Ask the DNS now. Raises NotPermitted, NotFound, TooOften or HostTaken."""
    actor.require(MANAGE)
    return domains.check_now(domain_id=domain_id)


@transaction.atomic
def choose_domain(*, domain_id: int | None, actor: Actor) -> None:
    """Have links lead to a name of the group's own, or (None) to the one below ours again.

    Raises NotPermitted, NotFound or NotProven.
    """
    actor.require(MANAGE)
    domains.use_for_links(domain_id=domain_id)
    group = DealerGroup.objects.get(schema_name=current_schema())
    audit.record(actor, "domain_chosen", group, label=group.host or domains.host_of(group.slug))


@transaction.atomic
def remove_domain(*, domain_id: int, actor: Actor) -> None:
    """Raises NotPermitted or NotFound."""
    actor.require(MANAGE)
    domain = domains.get_domain(domain_id)
    audit.record(actor, "domain_removed", domain, label=domain.host)
    domains.remove_domain(domain_id=domain_id)
