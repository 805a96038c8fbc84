"""The demo groups' customers: who asked, who bought, who was lost, who waits for a call today."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.crm.actions import create_customer, find_duplicates, reminders, telling
from apps.crm.models import (
    AssignmentRule,
    Customer,
    CustomerPhone,
    FollowUp,
    Interaction,
    Lead,
    Opportunity,
)
from apps.crm.queries import national_id_index
from apps.crm.rules.contacts import FollowUpState, InteractionKind, InteractionResult
from apps.crm.rules.customers import Gender, Lifecycle, search_keys
from apps.crm.rules.leads import LEAD_SOURCES, OPEN_STATES, InvalidReason, LeadSource, LeadState
from apps.crm.rules.opportunities import LOST_REASONS, IntentLevel, LostReason, PaymentWay, Stage
from apps.organisation.demo import person_name
from apps.organisation.models import StaffMember, Store
from forecourt.kernel import clock
from forecourt.kernel.access import system_actor
from forecourt.kernel.citizen_id import citizen_id_check_character
from forecourt.kernel.models import DocumentCounter
from forecourt.kernel.option_lists.actions import add_value

SHANGHAI = ZoneInfo("Asia/Shanghai")
LEAD_NUMBER = "LD"
RECENT_LEADS = 60
PREFIXES = ("133", "135", "136", "137", "138", "150", "151", "158", "177", "180", "186", "189")
SOURCES = (
    (LeadSource.DONGCHEDI, 24),
    (LeadSource.AUTOHOME, 20),
    (LeadSource.WALK_IN, 18),
    (LeadSource.YICHE, 10),
    (LeadSource.WEB, 9),
    (LeadSource.PHONE, 8),
    (LeadSource.REFERRAL, 7),
    (LeadSource.MANUFACTURER, 4),
    ("DOUYIN_LIVE", 11),
)
OWN_OPTIONS = (
    (LEAD_SOURCES, "DOUYIN_LIVE", "抖音直播", "Douyin live"),
    (LOST_REASONS, "SUBSIDY", "等补贴政策", ""),
)
"""What the groups have added to the lists; one name is still to be translated."""
COMPETITORS = ("理想 L6", "问界 M7", "特斯拉 Model Y", "小鹏 G6", "丰田凯美瑞")
WISHES = (
    "关注落地价和赠品",
    "需要试驾后再定",
    "家里有旧车想置换",
    "对比同级车型",
    "想本月提车",
    "看重油耗和保养成本",
)
NOTES = (
    "已加微信，发了报价",
    "约了周末到店",
    "客户在开会，稍后联系",
    "想再比较两家",
    "关心金融方案",
    "对颜色有要求",
)


@dataclass(slots=True)
class Want:
    """Somebody who asked for a car at a store on a day; ``bought`` when she took one home."""

    store: Store
    day: date
    brand: str
    series: str
    bought: date | None = None
    customer_id: int | None = None
    customer_name: str = ""
    advisor_id: int | None = None


class _Book:
    """Collects the rows of one group and writes them in bulk."""

    def __init__(self, dice: random.Random, today: date) -> None:
        self.dice = dice
        self.today = today
        self.rule = AssignmentRule.objects.order_by("sequence")[0]
        # Nothing has happened later than the moment of loading, also before the stores open.
        self.now = min(datetime.combine(today, time(10, 30), SHANGHAI), clock.now())
        self.advisors: dict[int, list[StaffMember]] = {}
        for staff in StaffMember.objects.filter(roles__code="sales_advisor").order_by("id"):
            self.advisors.setdefault(staff.home_store_id, []).append(staff)
        self.phones: set[str] = set()
        self.identified = 0
        self.numbers: dict[tuple[str, str], int] = {}
        self.customers: list[Customer] = []
        self.phone_rows: list[CustomerPhone] = []
        self.leads: list[Lead] = []
        self.opportunities: list[Opportunity] = []
        self.interactions: list[Interaction] = []
        self.follow_ups: list[FollowUp] = []

    def phone(self) -> str:
        while True:
            number = f"+86{self.dice.choice(PREFIXES)}{self.dice.randrange(10**8):08d}"
            if number not in self.phones:
                self.phones.add(number)
                return number

    def number(self, store: Store, day: date) -> str:
        key = (store.code, f"{day:%Y%m}")
        self.numbers[key] = self.numbers.get(key, 0) + 1
        return f"{store.code}-{LEAD_NUMBER}-{key[1]}-{self.numbers[key]:05d}"

    def moment(self, day: date) -> datetime:
        """Some minute of the business day; never after now."""
        hour, minute = self.dice.randint(9, 17), self.dice.randint(0, 59)
        return min(datetime.combine(day, time(hour, minute), SHANGHAI), self.now)

    def customer(self, want: Want, advisor: StaffMember, at: datetime) -> Customer:
        name, phone = person_name(self.dice), self.phone()
        keys = search_keys(name=name, phones=[phone])
        customer = Customer(
            name=name,
            name_sort=keys.name_sort,
            search_text=keys.search_text,
            grams=keys.grams,
            primary_phone=phone,
            gender=self.dice.choice((Gender.MALE, Gender.FEMALE, Gender.UNKNOWN)),
            division_code=want.store.division_code,
            source=self.source(),
            owner=advisor,
            home_store=want.store,
            touched_at=at,
            created_at=at,
            **(self.identity() if want.bought else {}),
        )
        self.customers.append(customer)
        self.phone_rows.append(CustomerPhone(customer=customer, phone=phone, is_primary=True))
        return customer

    def identity(self) -> dict[str, Any]:
        """A number that checks and belongs to nobody: whoever has it was born in 1900."""
        self.identified += 1
        born = date(1900, 1, 1) + timedelta(days=self.identified // 1000)
        digits = f"110000{born:%Y%m%d}{self.identified % 1000:03d}"
        number = digits + citizen_id_check_character(digits)
        return {"national_id": number, "national_id_index": national_id_index(number)}

    def assignment(self, store: Store, advisor: StaffMember, source: str) -> dict[str, Any]:
        """As the rule that every group begins with explains what it did."""
        count = len(self.advisors[store.pk])
        came = source == LeadSource.WALK_IN
        return {
            "how": "rule",
            "rule": {"id": self.rule.pk, "name": self.rule.name},
            "strategy": self.rule.strategy,
            "store_ids": [store.pk],
            "region_match": 3,
            "sells_brand": True,
            "candidate_count": count,
            "full_count": 0,
            "candidates": [
                {"id": advisor.pk, "name": advisor.name, "share": round(1 / count, 3), "open": 0}
            ],
            "asked_store_id": store.pk if came else 0,
        }

    def source(self) -> str:
        sources, weights = zip(*SOURCES, strict=True)
        return self.dice.choices(sources, weights)[0]

    def lead(
        self, want: Want, customer: Customer, advisor: StaffMember, at: datetime, state: str
    ) -> Lead:
        later = at + timedelta(minutes=self.dice.choice((4, 9, 16, 22, 35, 80)))
        answered = min(later, self.now)
        open_state = state == LeadState.ASSIGNED
        lead = Lead(
            number=self.number(want.store, at.date()),
            customer=customer,
            source=customer.source,
            division_code=want.store.division_code,
            brand=want.brand,
            series=want.series,
            store=want.store,
            owner=advisor,
            state=state,
            assignment=self.assignment(want.store, advisor, customer.source),
            received_at=at,
            received_date=at.astimezone(SHANGHAI).date(),
            assigned_at=at,
            response_due_at=at + timedelta(minutes=30),
            first_response_at=None if open_state else answered,
            closed_at=answered if state in (LeadState.QUALIFIED, LeadState.INVALID) else None,
        )
        if state == LeadState.INVALID:
            lead.invalid_reason = self.dice.choice(
                (InvalidReason.WRONG_NUMBER, InvalidReason.NO_INTEREST, InvalidReason.OUT_OF_REACH)
            )
        self.leads.append(lead)
        if not open_state:
            self.contact(customer, advisor, want.store, answered, lead=lead)
        return lead

    def contact(
        self,
        customer: Customer,
        advisor: StaffMember,
        store: Store,
        at: datetime,
        *,
        lead: Lead | None = None,
        opportunity: Opportunity | None = None,
        kind: str = InteractionKind.CALL,
    ) -> None:
        self.interactions.append(
            Interaction(
                customer=customer,
                lead=lead,
                opportunity=opportunity,
                store_id=store.pk,
                author=advisor,
                kind=kind,
                result=self.dice.choice((InteractionResult.REACHED, InteractionResult.APPOINTMENT)),
                note=self.dice.choice(NOTES),
                happened_at=at,
                recorded_at=at,
            )
        )
        customer.touched_at = max(customer.touched_at or at, at)

    def opportunity(
        self, want: Want, lead: Lead, advisor: StaffMember, at: datetime, stage: str
    ) -> Opportunity:
        opportunity = Opportunity(
            lead=lead,
            customer=lead.customer,
            owner=advisor,
            store=want.store,
            level=self.dice.choice(list(IntentLevel)),
            stage=stage,
            brand=want.brand,
            series=want.series,
            wishes=self.dice.choice(WISHES),
            payment_way=self.dice.choice((PaymentWay.FULL, PaymentWay.LOAN, PaymentWay.UNKNOWN)),
            has_trade_in=self.dice.random() < 0.2,
            opened_at=at,
            opened_date=at.astimezone(SHANGHAI).date(),
            stage_changed_at=at,
        )
        self.opportunities.append(opportunity)
        return opportunity

    def plan(
        self,
        customer: Customer,
        advisor: StaffMember,
        store: Store,
        *,
        lead: Lead | None = None,
        opportunity: Opportunity | None = None,
    ) -> None:
        """The next contact: mostly ahead, some of today, some overdue."""
        hours = self.dice.choice((-50, -26, -3, 2, 4, 6, 24, 30, 50, 72, 100, 150))
        self.follow_ups.append(
            FollowUp(
                customer=customer,
                lead=lead,
                opportunity=opportunity,
                owner=advisor,
                store_id=store.pk,
                due_at=self.now + timedelta(hours=hours),
                purpose=self.dice.choice(("电话回访", "确认到店时间", "发送报价", "邀约试驾")),
                state=FollowUpState.OPEN,
                created_at=self.now - timedelta(days=3),
            )
        )

    def write(self) -> None:
        Customer.objects.bulk_create(self.customers, batch_size=1000)
        CustomerPhone.objects.bulk_create(self.phone_rows, batch_size=2000)
        Lead.objects.bulk_create(self.leads, batch_size=1000)
        Opportunity.objects.bulk_create(self.opportunities, batch_size=1000)
        Interaction.objects.bulk_create(self.interactions, batch_size=1000)
        FollowUp.objects.bulk_create(self.follow_ups, batch_size=1000)
        DocumentCounter.objects.bulk_create(
            DocumentCounter(kind=LEAD_NUMBER, store_code=code, period=period, last_value=last)
            for (code, period), last in self.numbers.items()
        )


def plan_wants(
    stores: Sequence[tuple[Store, float]],
    series_of: dict[str, list[str]],
    season: Sequence[float],
    dice: random.Random,
    today: date,
    *,
    months: int,
    leads_a_month: float,
) -> list[Want]:
    """Those who asked and did not buy (yet), day by day, with the season."""
    wants = []
    for store, weight in stores:
        brand = store.brand_names[0]
        day = today - timedelta(days=months * 30)
        while day <= today:
            daily = leads_a_month * weight * season[day.month - 1] / 30
            wants.extend(
                Want(store, day, brand, dice.choice(series_of[brand]))
                for _number in range(int(daily) + (dice.random() < daily % 1))
            )
            day += timedelta(days=1)
    return wants


def add_options() -> None:
    """The values of the groups' own, before the first lead comes from one of them."""
    for list_code, code, name_zh, name_en in OWN_OPTIONS:
        add_value(
            list_code=list_code, code=code, name_zh=name_zh, name_en=name_en, actor=system_actor()
        )


def load_wants(wants: Sequence[Want], dice: random.Random, today: date) -> None:
    """Write customers, leads, opportunities and contacts; tells each want who she became."""
    book = _Book(dice, today)
    for want in sorted(wants, key=lambda want: want.day):
        advisor = dice.choice(book.advisors[want.store.pk])
        _write_down(book, want, advisor)
    book.write()
    names = {customer.pk: customer.name for customer in book.customers}
    for want, customer in zip(
        sorted(wants, key=lambda want: want.day), book.customers, strict=True
    ):
        want.customer_id, want.customer_name = customer.pk, names[customer.pk]


def _write_down(book: _Book, want: Want, advisor: StaffMember) -> None:
    dice, today = book.dice, book.today
    at = book.moment(want.day)
    customer = book.customer(want, advisor, at)
    want.advisor_id = advisor.pk
    if want.bought:
        _won(book, want, customer, advisor, at)
        return
    age = (today - want.day).days
    if age <= 2 and dice.random() < 0.8:
        lead = book.lead(want, customer, advisor, at, LeadState.ASSIGNED)
        book.plan(customer, advisor, want.store, lead=lead)
    elif age <= 7 and dice.random() < 0.6:
        lead = book.lead(want, customer, advisor, at, LeadState.CONTACTED)
        book.plan(customer, advisor, want.store, lead=lead)
    elif dice.random() < 0.3:
        book.lead(want, customer, advisor, at, LeadState.INVALID)
    else:
        _qualified(book, want, customer, advisor, at, age)


def _won(book: _Book, want: Want, customer: Customer, advisor: StaffMember, at: datetime) -> None:
    lead = book.lead(want, customer, advisor, at, LeadState.QUALIFIED)
    opportunity = book.opportunity(want, lead, advisor, at, Stage.DELIVERED)
    opportunity.won_date = want.bought
    opportunity.stage_changed_at = book.moment(want.bought)
    halfway = at + (opportunity.stage_changed_at - at) / 2
    by_day = halfway.replace(hour=10 + halfway.hour % 8)
    visit = by_day if at <= by_day <= opportunity.stage_changed_at else halfway
    book.contact(
        customer, advisor, want.store, visit, opportunity=opportunity, kind=InteractionKind.VISIT
    )
    customer.lifecycle = Lifecycle.CUSTOMER


def _qualified(
    book: _Book, want: Want, customer: Customer, advisor: StaffMember, at: datetime, age: int
) -> None:
    dice = book.dice
    lead = book.lead(want, customer, advisor, at, LeadState.QUALIFIED)
    if age < 60 and dice.random() < 0.7:
        stage = dice.choice(
            (Stage.NEW, Stage.CONTACTED, Stage.VISITED, Stage.TEST_DRIVEN, Stage.QUOTED)
        )
        opportunity = book.opportunity(want, lead, advisor, at, stage)
        book.plan(customer, advisor, want.store, opportunity=opportunity)
        customer.lifecycle = Lifecycle.INTERESTED
        return
    opportunity = book.opportunity(want, lead, advisor, at, Stage.LOST)
    opportunity.lost_at = min(at + timedelta(days=dice.randint(3, 40)), book.now)
    opportunity.stage_changed_at = opportunity.lost_at
    opportunity.lost_reason = dice.choice(
        (
            LostReason.PRICE,
            LostReason.COMPETITOR_BRAND,
            LostReason.COMPETITOR_STORE,
            LostReason.NO_STOCK,
        )
    )
    if opportunity.lost_reason == LostReason.COMPETITOR_BRAND:
        opportunity.competitor = dice.choice(COMPETITORS)
    customer.lifecycle = Lifecycle.LAPSED


def tell_of_recent_leads(today: date) -> None:
    """What people would have been told of the leads of the last days, and of what is overdue."""
    actor = system_actor()
    recent = Lead.objects.filter(
        received_date__gt=today - timedelta(days=3), state__in=OPEN_STATES, owner__isnull=False
    ).select_related("customer")
    for lead in recent.order_by("-received_at")[:RECENT_LEADS]:
        telling.tell_owners([lead], {lead.customer_id: lead.customer.name}, actor)
    reminders.remind_of_overdue_contacts()
    reminders.tell_managers_of_overdue_contacts(day=today)


def enter_some_twice(dice: random.Random) -> None:
    """Customers who were not found when they came again, with a slip in their number."""
    actor = system_actor()
    rows = Customer.objects.exclude(primary_phone="").exclude(home_store=None).order_by("-pk")
    for customer in dice.sample(list(rows[:200]), 4):
        digits = customer.primary_phone
        phone = f"{digits[:-2]}{digits[-1]}{digits[-2]}"
        if digits[-1] == digits[-2] or CustomerPhone.objects.filter(phone=phone).exists():
            continue
        create_customer(
            actor=actor,
            name=customer.name,
            phone=phone,
            source=LeadSource.WALK_IN,
            home_store_id=customer.home_store_id,
            wechat=customer.wechat,
        )
    find_duplicates()
