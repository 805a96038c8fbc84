"""Roles and positions of a new group, and the rights that a later release adds to them."""

from apps.organisation.actions.group import take_over_place
from apps.organisation.models import GroupSettings, Position, Role, RolePermission
from apps.organisation.roles import POSITIONS, ROLES, permissions_of
from apps.organisation.rules import OWNER_ROLE
from forecourt.kernel.access import all_permissions, role_defaults
from forecourt.kernel.group_settings import take_over
from forecourt.kernel.seeds import plants


@plants(order=10)
def plant_roles_and_positions() -> None:
    """Add what is missing; what a group has changed stays as it is.

    The owner's role holds every permission that the group knows of. One that it lacks came with a
    new release: it goes to the built-in roles as their module declares, once.
    """
    chosen = GroupSettings.objects.get_or_create(pk=1)[0]
    take_over(
        {
            "organisation.requires_second_factor": chosen.requires_second_factor,
            "branding.name_en": chosen.name_en,
        }
    )
    take_over_place()
    Position.objects.bulk_create(
        [Position(**named._asdict()) for named in POSITIONS], ignore_conflicts=True
    )
    Role.objects.bulk_create(
        [Role(**named._asdict(), is_built_in=True) for named in ROLES], ignore_conflicts=True
    )
    known = set(
        RolePermission.objects.filter(role__code=OWNER_ROLE).values_list("permission", flat=True)
    )
    permissions = list(all_permissions())
    RolePermission.objects.bulk_create(
        [
            RolePermission(role=role, permission=permission, scope=scope)
            for role in Role.objects.filter(is_built_in=True)
            for permission, scope in permissions_of(role.code, permissions, role_defaults()).items()
            if permission not in known
        ],
        ignore_conflicts=True,
    )
