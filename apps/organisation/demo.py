"""The demo groups' companies, regions, stores and people. Invented throughout; `.example` addresses
reach nobody."""

import random
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from apps.organisation.models import (
    Department,
    GroupSettings,
    LegalEntity,
    Position,
    Region,
    Role,
    StaffMember,
    Store,
)
from apps.organisation.queries import driving_licence_index, national_id_index
from forecourt.accounts.models import User
from forecourt.kernel.access import system_actor
from forecourt.kernel.citizen_id import citizen_id_check_character
from forecourt.kernel.group_settings import change_setting
from forecourt.kernel.text import pinyin_sort_key

PASSWORD = "forecourt-demo"  # noqa: S105 - published with the demo
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田"
    "董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊"
    "孟秦白江阎薛尹段雷"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉建文辉力志鹏飞鑫波斌宇"
    "浩凯婷雪琳洁欣晨阳子轩梓涵思雨佳怡博俊豪嘉瑞"
)


@dataclass(frozen=True)
class DemoStore:
    code: str
    name_zh: str
    name_en: str
    region: str
    company: str
    brand: str
    division_code: str
    weight: float = 1.0
    """How busy the store is, against an average one."""


@dataclass(frozen=True)
class DemoGroup:
    slug: str
    name_zh: str
    name_en: str
    stores: tuple[DemoStore, ...]
    regions: dict[str, str] = field(default_factory=dict)
    advisors: int = 2


PLACES = {
    "310115": ("31.221517", "121.544379", "上海市浦东新区杨高南路1188号"),
    "310112": ("31.112813", "121.381709", "上海市闵行区沪闵路2266号"),
    "310104": ("31.188523", "121.436525", "上海市徐汇区龙华西路388号"),
    "320115": ("31.953417", "118.839842", "南京市江宁区双龙大道1560号"),
    "320506": ("31.299379", "120.719568", "苏州市工业园区星湖街218号"),
    "320211": ("31.528400", "120.284000", "无锡市滨湖区蠡湖大道600号"),
    "330108": ("30.208300", "120.211900", "杭州市滨江区江南大道768号"),
    "330212": ("29.816800", "121.546600", "宁波市鄞州区鄞县大道1357号"),
    "320105": ("32.003600", "118.731700", "南京市建邺区江东中路329号"),
    "320113": ("32.096400", "118.909000", "南京市栖霞区和燕路486号"),
}
"""Latitude, longitude and address of each demo store's district."""

HUADONG = DemoGroup(
    slug="huadong",
    name_zh="华东汽车集团",
    name_en="Huadong Auto Group",
    regions={"上海区": "Shanghai", "江苏区": "Jiangsu", "浙江区": "Zhejiang"},
    stores=(
        DemoStore("SH01", "浦东比亚迪店", "Pudong BYD", "上海区", "华东汽车(上海)有限公司",
                  "BYD", "310115", 1.4),
        DemoStore("SH02", "闵行大众店", "Minhang Volkswagen", "上海区", "华东汽车(上海)有限公司",
                  "Volkswagen", "310112", 1.1),
        DemoStore("SH03", "徐汇宝马店", "Xuhui BMW", "上海区", "华东汽车(上海)有限公司",
                  "BMW", "310104", 0.9),
        DemoStore("NJ01", "南京江宁丰田店", "Nanjing Toyota", "江苏区", "华东汽车(江苏)有限公司",
                  "Toyota", "320115", 1.0),
        DemoStore("SZ01", "苏州园区比亚迪店", "Suzhou BYD", "江苏区", "华东汽车(江苏)有限公司",
                  "BYD", "320506", 1.2),
        DemoStore("WX01", "无锡滨湖大众店", "Wuxi Volkswagen", "江苏区", "华东汽车(江苏)有限公司",
                  "Volkswagen", "320211", 0.8),
        DemoStore("HZ01", "杭州滨江宝马店", "Hangzhou BMW", "浙江区", "华东汽车(浙江)有限公司",
                  "BMW", "330108", 1.0),
        DemoStore("NB01", "宁波鄞州丰田店", "Ningbo Toyota", "浙江区", "华东汽车(浙江)有限公司",
                  "Toyota", "330212", 0.9),
    ),
)  # fmt: skip
JINLING = DemoGroup(
    slug="jinling",
    name_zh="金陵汽车",
    name_en="Jinling Motors",
    regions={},
    stores=(
        DemoStore("NJ01", "建邺吉利店", "Jianye Geely", "", "南京金陵汽车销售有限公司",
                  "Geely", "320105", 1.0),
        DemoStore("NJ02", "栖霞长安店", "Qixia Changan", "", "南京金陵汽车销售有限公司",
                  "Changan", "320113", 0.8),
    ),
)  # fmt: skip
GROUPS = (HUADONG, JINLING)


def person_name(dice: random.Random) -> str:
    given = "".join(dice.choice(GIVEN) for _ in range(dice.choice((1, 2, 2))))
    return dice.choice(SURNAMES) + given


def load(group: DemoGroup, dice: random.Random, today: date) -> None:
    """Companies, regions, stores and their people."""
    GroupSettings.objects.filter(pk=1).update(
        name_zh=group.name_zh, name_en=group.name_en, setup_state={"done": True}
    )
    change_setting(key="branding.name_en", value=group.name_en, actor=system_actor())
    companies = {
        name: LegalEntity.objects.create(name_zh=name, tax_number=f"9131{number:014d}")
        for number, name in enumerate(dict.fromkeys(store.company for store in group.stores), 1)
    }
    regions = {
        name_zh: Region.objects.create(name_zh=name_zh, name_en=name_en, sequence=number)
        for number, (name_zh, name_en) in enumerate(group.regions.items())
    }
    stores = [
        Store.objects.create(
            code=store.code,
            name_zh=store.name_zh,
            name_en=store.name_en,
            legal_entity=companies[store.company],
            region=regions.get(store.region),
            brand_names=[store.brand],
            division_code=store.division_code,
            latitude=Decimal(PLACES[store.division_code][0]),
            longitude=Decimal(PLACES[store.division_code][1]),
            address=PLACES[store.division_code][2],
            phone=f"+8621{5000_0000 + number * 1111}",
            opening_date=today.replace(year=today.year - 4 - number % 5, day=1),
        )
        for number, store in enumerate(group.stores)
    ]
    _People(group, dice, today).hire(stores)


DEPARTMENTS = {
    "sales": ("销售部", "Sales"),
    "service": ("售后部", "After-sales"),
    "finance": ("财务部", "Finance"),
}
TEAMS = {"hall": ("展厅组", "Showroom"), "desk": ("DCC 组", "Lead desk")}
"""Teams of a store's sales department."""
TEAM_OF = {
    "sales_manager": "sales",
    "inventory_clerk": "sales",
    "sales_advisor": "hall",
    "receptionist": "hall",
    "lead_desk": "desk",
}
OF_HEADQUARTERS = {
    "headquarters": ("运营部", "Operations"),
    "group_finance": ("财务部", "Finance"),
    "auditor": ("审计部", "Audit"),
}


def _divide(store: Store | None) -> dict[str, Department]:
    """A store's departments, or headquarters', by the roles of those who work in them."""
    if store is None:
        return {
            role: Department.objects.create(name_zh=name_zh, name_en=name_en)
            for role, (name_zh, name_en) in OF_HEADQUARTERS.items()
        }
    made = {
        key: Department.objects.create(store=store, name_zh=name_zh, name_en=name_en)
        for key, (name_zh, name_en) in DEPARTMENTS.items()
    }
    made |= {
        key: Department.objects.create(
            store=store, parent=made["sales"], name_zh=name_zh, name_en=name_en
        )
        for key, (name_zh, name_en) in TEAMS.items()
    }
    return {role: made[key] for role, key in TEAM_OF.items()}


def _identity(number: int) -> dict[str, str]:
    """A number that checks and belongs to nobody: whoever has it was born in 1901."""
    digits = f"11000019010101{number:03d}"
    national_id = digits + citizen_id_check_character(digits)
    return {
        "national_id": national_id,
        "national_id_index": national_id_index(national_id),
        "driving_licence": national_id,
        "driving_licence_index": driving_licence_index(national_id),
    }


class _People:
    """Hires the staff; every account has the published password, hashed once."""

    def __init__(self, group: DemoGroup, dice: random.Random, today: date) -> None:
        self.group = group
        self.dice = dice
        self.today = today
        self.password = make_password(PASSWORD)
        self.roles = {role.code: role for role in Role.objects.all()}
        self.positions = {position.code: position for position in Position.objects.all()}
        self.departments: dict[Store | None, dict[str, Department]] = {}
        self.number = 0

    def hire(self, stores: list[Store]) -> None:
        self.departments = {store: _divide(store) for store in [None, *stores]}
        owner = self.one("owner", "group_owner", None, None)
        self.one("hq", "headquarters", None, owner)
        self.one("finance", "group_finance", None, owner, position="accountant")
        self.one("auditor", "auditor", None, owner, position="accountant")
        for region in dict.fromkeys(store.region for store in stores if store.region):
            inside = [store for store in stores if store.region == region]
            word = inside[0].code[:2].lower()
            manager = self.one(f"region.{word}", "region_manager", inside[0], owner)
            manager.stores.set(inside[1:])
        for store in stores:
            self.staff_of(store, owner)

    def staff_of(self, store: Store, owner: StaffMember) -> None:
        code = store.code.lower()
        manager = self.one(f"manager.{code}", "store_manager", store, owner)
        sales = self.one(f"sales.{code}", "sales_manager", store, manager)
        for number in range(1, self.group.advisors + 1):
            self.one(f"advisor{number}.{code}", "sales_advisor", store, sales)
        self.one(f"dcc.{code}", "lead_desk", store, sales)
        self.one(f"reception.{code}", "receptionist", store, manager)
        self.one(f"clerk.{code}", "inventory_clerk", store, manager)

    def one(
        self,
        word: str,
        role: str,
        store: Store | None,
        manager: StaffMember | None,
        position: str = "",
    ) -> StaffMember:
        self.number += 1
        name = person_name(self.dice)
        email = f"{word}@{self.group.slug}.example"
        user = User.objects.create(email=email, name=name, password=self.password)
        staff = StaffMember.objects.create(
            user=user,
            name=name,
            name_pinyin=pinyin_sort_key(name),
            email=email,
            mobile=f"+86139{self.number:08d}",
            home_store=store,
            manager=manager,
            department=self.departments[store].get(role),
            position=self.positions.get(position or role),
            state=StaffMember.State.ACTIVE,
            # Digits of no bank, with an end that tells people apart.
            bank_account=f"6200000000000{self.number:06d}",
            **_identity(self.number),
            joined_date=self.today.replace(day=1, year=self.today.year - 1 - self.number % 4),
        )
        staff.roles.add(self.roles[role])
        return staff
