"""A group's customers with duplicates planted among them, and who is whose."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from apps.crm.models import Customer, CustomerPhone
from apps.crm.rules.customers import search_keys
from forecourt.kernel.clock import now
from forecourt.kernel.db import rows

# The commonest family names and their shares in per mille, and characters of given names.
FAMILIES = (
    "王 71,李 71,张 68,刘 54,陈 45,杨 31,黄 22,赵 21,吴 20,周 19,徐 17,孙 15,马 13,朱 13,"
    "胡 13,郭 11,何 11,林 11,高 10,罗 9,郑 9,梁 8,谢 8,宋 7,唐 7,许 6,韩 6,冯 6,邓 6,曹 6,"
    "彭 5,曾 5,肖 5,田 5"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华建国文辉玲红梅鑫波斌宇浩凯健俊帆雪荣"
    "飞鹏慧莹佳琳倩婷欣怡梓涵子轩浩然思远志远国强海燕春燕晓东立新永康嘉豪"
)
HOMOPHONES = {
    "伟": "玮", "娜": "那", "丽": "莉", "芳": "方", "静": "婧", "杰": "洁", "婷": "亭",
    "英": "瑛", "燕": "艳", "辉": "晖", "佳": "嘉", "浩": "皓", "欣": "新", "红": "虹", "明": "铭",
}  # fmt: skip
LATIN = ("John Smith", "Maria Garcia", "Peter Novak", "Anna Kowalska", "David Miller")
HEADS = ("133", "135", "136", "137", "138", "150", "151", "158", "177", "180", "186", "189")
DIVISIONS = ("310115", "310112", "310104", "320115", "320506", "320211", "330108", "330212")
STREETS = (
    "世纪大道",
    "沪闵路",
    "漕溪北路",
    "天元东路",
    "星湖街",
    "太湖大道",
    "江南大道",
    "鄞县大道",
)


@dataclass(frozen=True)
class Person:
    name: str
    phone: str
    division: str = ""
    address: str = ""
    wechat: str = ""
    email: str = ""
    birth_date: date | None = None
    gender: str = ""


class Town:
    """People as a dealer group knows them: some well, most by name and phone."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        weights = [entry.split(" ") for entry in FAMILIES.split(",")]
        self.families = [name for name, _share in weights]
        self.shares = [int(share) for _name, share in weights]
        self.taken: set[str] = set()

    def person(self) -> Person:
        dice = self.dice
        family = dice.choices(self.families, self.shares)[0]
        given = "".join(dice.choice(GIVEN) for _ in range(dice.choice((1, 2, 2))))
        name = dice.choice(LATIN) if dice.random() < 0.02 else family + given
        return Person(
            name=name,
            phone=self.phone(),
            division=dice.choice(DIVISIONS),
            address=self.address() if dice.random() < 0.5 else "",
            wechat=f"wx_{dice.randrange(10**8):08d}" if dice.random() < 0.35 else "",
            email=f"u{dice.randrange(10**8)}@mail.example" if dice.random() < 0.15 else "",
            birth_date=date(1955, 1, 1) + timedelta(days=dice.randrange(18_000))
            if dice.random() < 0.4
            else None,
            gender=dice.choice(("MALE", "FEMALE")) if dice.random() < 0.6 else "",
        )

    def address(self) -> str:
        dice = self.dice
        lane, house, room = (dice.randrange(1, most) for most in (3000, 90, 2804))
        return f"{dice.choice(STREETS)}{lane}弄{house}号{room}室"

    def phone(self) -> str:
        while True:
            number = f"+86{self.dice.choice(HEADS)}{self.dice.randrange(10**8):08d}"
            if number not in self.taken:
                self.taken.add(number)
                return number

    # --- The same person once more ------------------------------------------------------------

    def twin(self, person: Person) -> Person:
        """The same person, entered again by somebody who did not find her."""
        known = [f for f in ("address", "wechat", "email", "birth_date") if getattr(person, f)]
        if known and self.dice.random() < 0.5:
            # Her second number: what else is known of her tells.
            told = {self.dice.choice(known), *(f for f in known if self.dice.random() < 0.5)}
            forgotten = {f: None if f == "birth_date" else "" for f in known if f not in told}
            twin = replace(person, phone=self.other_form(person.phone), **forgotten)
            return replace(twin, name=self.name_again(person.name, slips=0.25))
        blank = {f: None if f == "birth_date" else "" for f in known if self.dice.random() < 0.7}
        twin = replace(person, phone=self.slip(person.phone), **blank)
        return replace(twin, name=self.name_again(person.name, slips=0.15))

    def name_again(self, name: str, *, slips: float) -> str:
        if self.dice.random() >= slips:
            return name
        if " " in name:
            return " ".join(reversed(name.split(" ")))
        alike = [i for i, letter in enumerate(name) if letter in HOMOPHONES]
        if alike and self.dice.random() < 0.6:
            at = self.dice.choice(alike)
            return name[:at] + HOMOPHONES[name[at]] + name[at + 1 :]
        return name[1:] + name[0]

    def slip(self, phone: str) -> str:
        """One digit wrong, or two changed places."""
        while True:
            at = self.dice.randrange(6, len(phone) - 1)
            if self.dice.random() < 0.6:
                wrong = phone[:at] + str(self.dice.randrange(10)) + phone[at + 1 :]
            else:
                wrong = phone[:at] + phone[at + 1] + phone[at] + phone[at + 2 :]
            if wrong not in self.taken:
                self.taken.add(wrong)
                return wrong

    def other_form(self, phone: str) -> str:
        """Another number of hers: a second mobile one, or one at home."""
        if self.dice.random() < 0.7:
            return self.phone()
        while True:
            number = f"+8621{self.dice.randrange(50_000_000, 69_999_999)}"
            if number not in self.taken:
                self.taken.add(number)
                return number

    # --- Others who look like her -----------------------------------------------------------------

    def lookalike(self, person: Person) -> Person:
        """Her family at the same address, or a colleague with the number beside hers."""
        other = self.person()
        if person.address and self.dice.random() < 0.6:
            return replace(
                other,
                name=person.name[0] + other.name[1:],
                division=person.division,
                address=person.address,
            )
        return replace(other, phone=self.slip(person.phone))


def plant(count: int, *, share: float = 0.03, seed: int = 7) -> set[frozenset[int]]:
    """``count`` customers, of whom a share stands there twice; answers those pairs of ids."""
    town = Town(seed)
    twice = int(count * share)
    alike = int(count * share / 3)
    people = [town.person() for _ in range(count - twice - alike)]
    twins = [(index, town.twin(people[index])) for index in range(twice)]
    people += [town.lookalike(people[twice + index]) for index in range(alike)]
    first = len(people)
    people += [twin for _index, twin in twins]
    order = list(range(len(people)))
    town.dice.shuffle(order)
    ids = _insert([people[index] for index in order])
    id_of = dict(zip(order, ids, strict=True))
    return {
        frozenset((id_of[index], id_of[first + number]))
        for number, (index, _twin) in enumerate(twins)
    }


def _insert(people: list[Person]) -> list[int]:
    moment = now()
    customers = []
    for person in people:
        keys = search_keys(name=person.name, phones=[person.phone])
        customers.append(
            Customer(
                name=person.name,
                primary_phone=person.phone,
                name_sort=keys.name_sort,
                search_text=keys.search_text,
                grams=keys.grams,
                division_code=person.division,
                address=person.address,
                wechat=person.wechat,
                email=person.email,
                birth_date=person.birth_date,
                gender=person.gender,
                source="OTHER",
                created_at=moment,
            )
        )
    rows.draw_keys(customers)
    rows.insert_many(customers)
    rows.insert_many(
        [CustomerPhone(customer=c, phone=c.primary_phone, is_primary=True) for c in customers]
    )
    return [customer.pk for customer in customers]
