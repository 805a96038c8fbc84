"""Roles and positions of a new group."""

from apps.organisation.models import GroupSettings, Position, Role, RolePermission
from apps.organisation.roles import POSITIONS, ROLES, permissions_of
from forecourt.kernel.access import all_permissions, role_defaults
from forecourt.kernel.seeds import plants


@plants(order=10)
def plant_roles_and_positions() -> None:
    GroupSettings.objects.get_or_create(pk=1)
    Position.objects.bulk_create(
        [Position(**named._asdict()) for named in POSITIONS], ignore_conflicts=True
    )
    present = set(Role.objects.values_list("code", flat=True))
    new = Role.objects.bulk_create(
        [Role(**named._asdict(), is_built_in=True) for named in ROLES if named.code not in present]
    )
    permissions = list(all_permissions())
    RolePermission.objects.bulk_create(
        RolePermission(role=role, permission=permission, scope=scope)
        for role in new
        for permission, scope in permissions_of(role.code, permissions, role_defaults()).items()
    )
