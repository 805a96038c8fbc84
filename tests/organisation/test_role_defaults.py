"""What the modules give to built-in roles must fit together, or nobody can hand the roles out."""

import pytest

from apps.organisation.rules import SCOPES
from forecourt.kernel.access import role_defaults

STORE_ROLES = [
    "sales_manager",
    "sales_advisor",
    "lead_desk",
    "receptionist",
    "inventory_clerk",
    "pdi_technician",
    "service_manager",
    "service_adviser",
    "technician",
    "parts_clerk",
    "cashier",
    "accountant",
    "hr",
]


@pytest.mark.parametrize("role", STORE_ROLES)
def test_a_store_manager_holds_what_the_roles_of_her_store_give(role: str) -> None:
    held = role_defaults()["store_manager"]

    beyond = {
        permission: scope
        for permission, scope in role_defaults().get(role, {}).items()
        if permission not in held or SCOPES.index(held[permission]) < SCOPES.index(scope)
    }

    assert beyond == {}
