"""Whether one person may touch another's rights: asked by every action on people."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.organisation import queries
from apps.organisation.errors import BeyondOwnRights
from apps.organisation.models import Role, StaffMember
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.errors import NotPermitted

MANAGE = "organisation.manage_staff"
NAMED_AT_MOST = 3


def require_may_manage(actor: Actor, staff: StaffMember) -> None:
    """She manages the person's store, and the person may do nothing that she may not do.

    Without the second half, changing somebody's mail address would be a way to her rights. Raises
    NotPermitted or BeyondOwnRights.
    """
    require_reach(actor, home_store_id=staff.home_store_id, staff_id=staff.pk)
    require_rights(
        actor, staff.roles.all(), store_ids=queries.store_ids_of(staff), staff_id=staff.pk
    )


def require_reach(
    actor: Actor, *, home_store_id: int | None, staff_id: int | None, also_in: Iterable[int] = ()
) -> None:
    """Her right to manage staff covers the stores; headquarters' people need the whole group's.

    Raises NotPermitted.
    """
    actor.require(MANAGE)
    grant = actor.grant(MANAGE)
    reached = grant.covers(home_store_id, staff_id) and all(
        grant.covers(store_id, None) for store_id in also_in
    )
    if not reached:
        raise NotPermitted(_("You manage the staff of other stores only."))


def require_rights(
    actor: Actor, roles: "QuerySet[Role]", *, store_ids: frozenset[int], staff_id: int | None
) -> None:
    """The roles give nothing, in these stores, that she does not hold there herself.

    Raises BeyondOwnRights, naming some of what is beyond.
    """
    reach = queries.reach_of(store_ids=store_ids, staff_id=staff_id)
    beyond = queries.rights_beyond(actor, roles.prefetch_related("permissions"), reach)
    if beyond:
        labels = all_permissions()
        names = [str(labels.get(name, name)) for name in beyond[:NAMED_AT_MOST]]
        raise BeyondOwnRights(
            _("These roles give rights that you do not hold there yourself: %(rights)s.")
            % {"rights": "; ".join(names) + ("…" if len(beyond) > NAMED_AT_MOST else "")},
            field="roles",
        )
