from apps.organisation.models import Role, RolePermission
from apps.organisation.seeds import plant_roles_and_positions
from forecourt.kernel.access import all_permissions, role_defaults
from forecourt.kernel.groups import GroupIdentity


def rights_of(code: str) -> dict[str, str]:
    return dict(RolePermission.objects.filter(role__code=code).values_list("permission", "scope"))


def test_a_new_group_s_roles_hold_what_the_modules_declare(group: GroupIdentity) -> None:
    assert set(rights_of("group_owner")) == set(all_permissions())
    assert rights_of("sales_advisor") == dict(role_defaults()["sales_advisor"])


def test_a_permission_of_a_new_release_reaches_the_built_in_roles(group: GroupIdentity) -> None:
    RolePermission.objects.filter(permission="organisation.manage_staff").delete()

    plant_roles_and_positions()

    assert rights_of("group_owner")["organisation.manage_staff"] == "GROUP"
    assert rights_of("store_manager")["organisation.manage_staff"] == "STORE"


def test_planting_again_leaves_what_a_group_has_changed(group: GroupIdentity) -> None:
    manager = Role.objects.get(code="store_manager")
    manager.permissions.filter(permission="organisation.manage_staff").delete()
    Role.objects.filter(code="cashier").update(name_zh="收银")

    plant_roles_and_positions()

    assert "organisation.manage_staff" not in rights_of("store_manager")
    assert Role.objects.get(code="cashier").name_zh == "收银"
