"""The group's own host names, for whoever manages the group."""

from forecourt.kernel.access import Actor
from forecourt.kernel.groups import current_schema
from tenants import domains
from tenants.models import DealerGroup, OwnDomain

MANAGE = "organisation.manage_group"


def list_domains(*, actor: Actor) -> list[OwnDomain]:
    """Raises NotPermitted."""
    actor.require(MANAGE)
    return domains.own_domains()


def host_of_links(*, actor: Actor) -> str:
    """The group's own name that links lead to, empty for the one below ours.

    Raises NotPermitted.
    """
    actor.require(MANAGE)
    return DealerGroup.objects.get(schema_name=current_schema()).host
