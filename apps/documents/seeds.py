"""The kinds of documents that a new group begins with; it changes them and adds its own."""

from __future__ import annotations

from typing import Any

from apps.documents.models import DocumentKind
from apps.documents.models.kinds import forget_kinds
from forecourt.kernel.seeds import plants

CUSTOMERS = [
    "crm.customer",
    "crm.lead",
    "crm.opportunity",
    "crm.test_drive",
    "sales.sales_order",
]
VEHICLES = ["vehicles.stock_unit", "vehicles.transfer"]
STAFF = ["organisation.staff"]
STORES = ["organisation.store"]
PAPER = ["pdf", "image"]
PERSONNEL = ["group_owner", "headquarters", "store_manager", "hr"]

KINDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "contract",
        "合同",
        "Contract",
        {"types": ["pdf", "image", "word"], "subjects": CUSTOMERS, "years_kept": 10},
    ),
    (
        "id_card",
        "身份证",
        "ID card",
        {"types": PAPER, "subjects": [*CUSTOMERS, *STAFF], "is_sensitive": True, "years_kept": 3},
    ),
    (
        "driving_licence",
        "驾驶证",
        "Driving licence",
        {"types": PAPER, "subjects": [*CUSTOMERS, *STAFF], "is_sensitive": True, "years_kept": 3},
    ),
    (
        "registration",
        "行驶证",
        "Vehicle registration",
        {"types": PAPER, "subjects": [*CUSTOMERS, *VEHICLES], "years_kept": 5},
    ),
    (
        "invoice",
        "发票",
        "Invoice",
        {
            "types": [*PAPER, "excel"],
            "subjects": [*CUSTOMERS, *VEHICLES],
            "years_kept": 30,
            "kept_by_law": True,
        },
    ),
    (
        "inspection_photo",
        "验车照片",
        "Inspection photo",
        {
            "types": ["image", "film"],
            "largest_megabytes": 500,
            "subjects": VEHICLES,
            "years_kept": 3,
        },
    ),
    (
        "certificate",
        "车辆合格证",
        "Certificate of conformity",
        {"types": PAPER, "subjects": VEHICLES, "years_kept": 10},
    ),
    (
        "transfer_slip",
        "调拨单",
        "Transfer slip",
        {"types": PAPER, "subjects": ["vehicles.transfer"], "years_kept": 10},
    ),
    (
        "claim",
        "理赔资料",
        "Insurance claim",
        {"subjects": [*CUSTOMERS, *VEHICLES], "years_kept": 5},
    ),
    (
        "finance_paper",
        "金融资料",
        "Financing papers",
        {
            "types": PAPER,
            "subjects": CUSTOMERS,
            "is_sensitive": True,
            "role_codes": [
                "group_owner",
                "headquarters",
                "group_finance",
                "store_manager",
                "sales_manager",
                "sales_advisor",
                "cashier",
                "accountant",
            ],
            "years_kept": 5,
        },
    ),
    (
        "personnel",
        "人事档案",
        "Personnel file",
        {
            "subjects": STAFF,
            "is_sensitive": True,
            "role_codes": PERSONNEL,
            "years_kept": 10,
        },
    ),
    (
        "employment_contract",
        "劳动合同",
        "Employment contract",
        {
            "types": PAPER,
            "subjects": STAFF,
            "is_sensitive": True,
            "years_kept": 10,
            "kept_by_law": True,
        },
    ),
    (
        "minutes",
        "会议纪要",
        "Minutes",
        {"types": ["pdf", "word", "text"], "subjects": STORES, "years_kept": 5},
    ),
    (
        "notice",
        "通知",
        "Notice",
        {"types": ["pdf", "image", "word"], "subjects": STORES, "years_kept": 3},
    ),
    ("other", "其他", "Other", {}),
)
"""Code, names, and what differs from the model's defaults. The law's years: accounting vouchers
(会计档案管理办法) 30 years, employment contracts after their end (劳动合同法) at least two."""


@plants(order=70)
def plant_kinds() -> None:
    """All of them in a group that has none; what a group has kept or thrown out stays so."""
    if DocumentKind.objects.exists():
        return
    DocumentKind.objects.bulk_create(
        DocumentKind(code=code, name_zh=name_zh, name_en=name_en, sequence=at * 10, **values)
        for at, (code, name_zh, name_en, values) in enumerate(KINDS, start=1)
    )
    forget_kinds()
