"""The demo groups' custom fields, and values in some of their records."""

import random
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from forecourt.kernel.access import system_actor
from forecourt.kernel.custom_fields import save_many
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.custom_fields.hosts import get_host

FILLED = 400
"""So many of a host's newest records have values."""

Values = Callable[[random.Random, int], dict[str, Any]]


def _choices(*names: tuple[str, str, str]) -> dict[str, Any]:
    return {"choices": [{"value": v, "label_zh": zh, "label_en": en} for v, zh, en in names]}


PROFILE = {"section_zh": "客户画像", "section_en": "Profile"}
FIELDS: dict[str, list[dict[str, Any]]] = {
    "customer": [
        {
            "code": "driving_years",
            "kind": "INTEGER",
            "label_zh": "驾驶年限",
            "label_en": "Years of driving",
            "options": {"min": "0", "max": "70"},
            "is_indexed": True,
            **PROFILE,
        },
        {
            "code": "family_car",
            "kind": "CHOICE",
            "label_zh": "家庭用车",
            "label_en": "Car in the family",
            "options": _choices(
                ("first", "首次购车", "First car"),
                ("additional", "增购", "A further car"),
                ("replacement", "换购", "Replaces a car"),
            ),
            "is_indexed": True,
            **PROFILE,
        },
        {
            "code": "interests",
            "kind": "CHOICES",
            "label_zh": "兴趣爱好",
            "label_en": "Interests",
            "options": _choices(
                ("camping", "露营", "Camping"),
                ("touring", "自驾游", "Road trips"),
                ("children", "亲子", "Family trips"),
                ("fishing", "钓鱼", "Fishing"),
                ("skiing", "滑雪", "Skiing"),
            ),
            **PROFILE,
        },
    ],
    "lead": [
        {
            "code": "wants_test_drive",
            "kind": "BOOLEAN",
            "label_zh": "希望试驾",
            "label_en": "Wants a test drive",
            "is_indexed": True,
        },
    ],
    "opportunity": [
        {
            "code": "present_car",
            "kind": "TEXT",
            "label_zh": "现有车辆",
            "label_en": "Present car",
        },
        {
            "code": "quote_valid_until",
            "kind": "DATE",
            "label_zh": "报价有效期",
            "label_en": "Quotation valid until",
            "is_indexed": True,
        },
    ],
    "vehicle": [
        {
            "code": "display_bay",
            "kind": "TEXT",
            "label_zh": "展车位",
            "label_en": "Display bay",
            "help_zh": "展厅内的位置，例如 A03",
            "help_en": "Where in the showroom, such as A03",
            "options": {"pattern": "[A-D]\\d{2}", "max_length": 3},
            "is_indexed": True,
            "is_searchable": True,
        },
        {
            "code": "has_film",
            "kind": "BOOLEAN",
            "label_zh": "已贴膜",
            "label_en": "Window film fitted",
        },
    ],
    "staff": [
        {
            "code": "employee_number",
            "kind": "TEXT",
            "label_zh": "工号",
            "label_en": "Employee no.",
            "is_unique": True,
            "is_searchable": True,
        },
        {
            "code": "certified_until",
            "kind": "DATE",
            "label_zh": "上岗证有效期",
            "label_en": "Certificate valid until",
        },
    ],
    "store": [
        {
            "code": "showroom_area",
            "kind": "DECIMAL",
            "label_zh": "展厅面积（㎡）",
            "label_en": "Showroom (m²)",
            "options": {"places": 1, "min": "0"},
        },
        {
            "code": "service_bays",
            "kind": "INTEGER",
            "label_zh": "维修工位数",
            "label_en": "Service bays",
            "options": {"min": "0"},
        },
    ],
}
CARS = ("大众朗逸 2018", "别克英朗 2016", "丰田卡罗拉 2019", "五菱宏光 2017", "本田飞度 2015")


def load_fields(dice: random.Random, today: date) -> None:
    """Add the fields, and fill them in where it looks likely."""
    actor = system_actor("demo")
    for host, fields in FIELDS.items():
        for field in fields:
            add_field(host=host, actor=actor, **field)
    makers: dict[str, Values] = {
        "customer": _customer,
        "lead": lambda dice, _number: {"wants_test_drive": dice.random() < 0.6},
        "opportunity": lambda dice, _number: {
            "present_car": dice.choice(CARS),
            "quote_valid_until": today + timedelta(days=dice.randint(1, 20)),
        },
        "vehicle": lambda dice, _number: {
            "display_bay": f"{dice.choice('ABCD')}{dice.randint(1, 12):02d}",
            "has_film": dice.random() < 0.4,
        },
        "staff": lambda dice, number: {
            "employee_number": f"E{number:05d}",
            "certified_until": today + timedelta(days=dice.randint(-30, 700)),
        },
        "store": lambda dice, _number: {
            "showroom_area": dice.randint(600, 2800),
            "service_bays": dice.randint(8, 40),
        },
    }
    shares = {"vehicle": 0.15, "customer": 0.6}
    for host, make in makers.items():
        rows = [row for row in _newest(host) if dice.random() < shares.get(host, 1)]
        save_many([(row, make(dice, row.pk)) for row in rows], actor=actor)


def _newest(host: str) -> Iterable[Any]:
    return get_host(host).model.objects.order_by("-pk")[:FILLED]


def _customer(dice: random.Random, _number: int) -> dict[str, Any]:
    interests = ["camping", "touring", "children", "fishing", "skiing"]
    return {
        "driving_years": dice.randint(0, 30),
        "family_car": dice.choice(("first", "additional", "replacement", "replacement")),
        "interests": sorted(dice.sample(interests, dice.randint(0, 2))),
    }
