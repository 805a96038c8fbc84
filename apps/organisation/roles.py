"""The built-in roles and positions that a new group starts with; it edits and adds its own."""

from typing import NamedTuple


class Named(NamedTuple):
    code: str
    name_zh: str
    name_en: str


ROLES = [
    Named("group_owner", "集团负责人", "Group owner"),
    Named("headquarters", "总部管理", "Headquarters"),
    Named("group_finance", "集团财务", "Group finance"),
    Named("region_manager", "大区经理", "Region manager"),
    Named("store_manager", "店总经理", "Store manager"),
    Named("sales_manager", "销售经理", "Sales manager"),
    Named("sales_advisor", "销售顾问", "Sales advisor"),
    Named("lead_desk", "DCC 线索专员", "Lead desk (DCC)"),
    Named("receptionist", "前台接待", "Receptionist"),
    Named("marketer", "市场专员", "Marketer"),
    Named("inventory_clerk", "库存管理员", "Inventory clerk"),
    Named("pdi_technician", "PDI 技师", "PDI technician"),
    Named("service_manager", "服务经理", "Service manager"),
    Named("service_adviser", "服务顾问", "Service adviser"),
    Named("technician", "维修技师", "Technician"),
    Named("parts_clerk", "配件员", "Parts clerk"),
    Named("cashier", "收银员", "Cashier"),
    Named("accountant", "会计", "Accountant"),
    Named("hr", "人事", "HR"),
    Named("auditor", "审计", "Auditor"),
]
"""The group owner is given every permission with scope group, the auditor every ``view`` and
``see`` one; what the others get is declared by each module (``grant_to_roles``)."""

POSITIONS = [
    Named("group_owner", "集团负责人", "Group owner"),
    Named("headquarters", "总部经理", "Headquarters manager"),
    Named("region_manager", "大区经理", "Region manager"),
    Named("store_manager", "店总经理", "Store manager"),
    Named("sales_manager", "销售经理", "Sales manager"),
    Named("sales_advisor", "销售顾问", "Sales advisor"),
    Named("lead_desk", "DCC 专员", "Lead desk agent"),
    Named("receptionist", "前台接待", "Receptionist"),
    Named("marketer", "市场专员", "Marketer"),
    Named("inventory_clerk", "库存管理员", "Inventory clerk"),
    Named("service_adviser", "服务顾问", "Service adviser"),
    Named("technician", "维修技师", "Technician"),
    Named("accountant", "会计", "Accountant"),
]


def permissions_of(
    code: str, permissions: list[str], declared: dict[str, dict[str, str]]
) -> dict[str, str]:
    """``{permission: scope}`` that the built-in role starts with."""
    if code == "group_owner":
        return dict.fromkeys(permissions, "GROUP")
    if code == "auditor":
        reading = [name for name in permissions if name.split(".")[1].startswith(("view_", "see_"))]
        return dict.fromkeys(reading, "GROUP")
    return dict(declared.get(code, {}))
