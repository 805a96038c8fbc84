"""The demo groups' showrooms: who came in the last months, who is there now, who drove what."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.crm import hooks
from apps.crm.models import FollowUp, Opportunity, TestDrive, Visit
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.opportunities import Stage
from apps.crm.rules.test_drives import TestDriveRoute, TestDriveState, quarter_of
from apps.crm.rules.visits import VisitReason, VisitState
from forecourt.kernel import clock
from forecourt.kernel.citizen_id import citizen_id_check_character
from forecourt.kernel.numbering import number_documents

SHANGHAI = ZoneInfo("Asia/Shanghai")
LOOKED_BACK = 75
CAME = (Stage.VISITED, Stage.TEST_DRIVEN, Stage.QUOTED, Stage.ORDERED, Stage.DELIVERED)
DROVE = (Stage.TEST_DRIVEN, Stage.QUOTED, Stage.ORDERED, Stage.DELIVERED)
REASONS = (VisitReason.LOOK, VisitReason.LOOK, VisitReason.NEGOTIATE, VisitReason.TEST_DRIVE)
SAID = (
    "动力足，悬架偏硬",
    "很安静，孩子喜欢后排",
    "比现在的车省心",
    "视野好，倒车有点紧张",
    "还想试试混动版",
)
FOLLOWED_AFTER = timedelta(days=3)
AHEAD = ((0, 14), (0, 16), (1, 10), (1, 15), (2, 11))
"""Days from today, and hours, of the drives that are booked in each store."""


class _Showroom:
    """Collects the rows of one group and writes them in bulk."""

    def __init__(self, dice: random.Random, today: date) -> None:
        self.dice = dice
        self.today = today
        self.now = min(datetime.combine(today, time(10, 30), SHANGHAI), clock.now())
        self.visits: list[Visit] = []
        self.drives: list[TestDrive] = []
        self.plans: list[FollowUp] = []
        self.open_plans = {
            plan.opportunity_id: plan
            for plan in FollowUp.objects.filter(state=FollowUpState.OPEN, opportunity__isnull=False)
        }

    def visit(self, store_id: int, at: datetime, deal: Opportunity | None, state: str) -> None:
        stayed = timedelta(minutes=self.dice.randint(20, 140))
        self.visits.append(
            Visit(
                store_id=store_id,
                customer=deal.customer if deal else None,
                opportunity=deal,
                advisor=deal.owner if deal else None,
                takes_turn=deal is not None and self.dice.random() < 0.4,
                reason=self.dice.choice(REASONS),
                headcount=self.dice.choice((1, 1, 2, 2, 2, 3)),
                state=state,
                arrived_at=at,
                arrived_date=at.astimezone(SHANGHAI).date(),
                left_at=None if state == VisitState.PRESENT else at + stayed,
            )
        )

    def drive(
        self, deal: Opportunity, car: hooks.DemoCar, at: datetime, state: str, mileage: int = 0
    ) -> TestDrive:
        drive = TestDrive(
            store=deal.store,
            customer=deal.customer,
            opportunity=deal,
            advisor=deal.owner,
            vehicle_id=car.id,
            vehicle_name=car.name,
            route=self.dice.choice(list(TestDriveRoute)),
            starts_at=at,
            ends_at=at + timedelta(minutes=30),
            state=state,
            created_at=min(at, self.now) - timedelta(hours=20),
        )
        if state in (TestDriveState.OUT, TestDriveState.RETURNED):
            drive.driver_name = deal.customer.name
            drive.licence_number = self._licence()
            drive.out_at, drive.mileage_before = at, mileage
        self.drives.append(drive)
        return drive

    def returned(self, drive: TestDrive) -> None:
        drive.returned_at = drive.starts_at + timedelta(minutes=self.dice.randint(18, 35))
        drive.driven_date = drive.returned_at.astimezone(SHANGHAI).date()
        drive.mileage_after = drive.mileage_before + self.dice.randint(6, 19)
        drive.rating = self.dice.choice((3, 4, 4, 5, 5))
        drive.feedback = self.dice.choice(SAID)
        drive.follow_up = self._plan_after(drive)

    def _plan_after(self, drive: TestDrive) -> FollowUp:
        """The contact after it: kept long ago, or what is planned with the deal now."""
        deal, due_at = drive.opportunity, drive.returned_at + FOLLOWED_AFTER
        if due_at >= self.now and deal.pk in self.open_plans:
            return self.open_plans[deal.pk]
        plan = FollowUp(
            customer=deal.customer,
            opportunity=deal,
            owner=deal.owner,
            store_id=deal.store_id,
            due_at=due_at,
            purpose="试驾后回访",
            state=FollowUpState.DONE,
            completed_at=min(due_at, self.now),
            created_at=drive.returned_at,
        )
        self.plans.append(plan)
        return plan

    def _licence(self) -> str:
        """A number that checks and belongs to nobody."""
        digits = f"1100001900{self.dice.randrange(1, 12):02d}01{self.dice.randrange(1000):03d}"
        return digits + citizen_id_check_character(digits)

    def write(self) -> None:
        FollowUp.objects.bulk_create(self.plans, batch_size=1000)
        self.visits.sort(key=lambda visit: visit.arrived_at)
        Visit.objects.bulk_create(self.visits, batch_size=1000)
        self.drives.sort(key=lambda drive: drive.starts_at)
        documents = [
            (drive.store.code, drive.starts_at.astimezone(SHANGHAI).date()) for drive in self.drives
        ]
        for drive, number in zip(self.drives, number_documents("TD", documents), strict=True):
            drive.number = number
        TestDrive.objects.bulk_create(self.drives, batch_size=1000)


def load_showroom(dice: random.Random, today: date) -> None:
    """Visits and drives that fit the deals there are; needs the demo cars."""
    room = _Showroom(dice, today)
    deals = list(
        Opportunity.objects.filter(opened_date__gt=today - timedelta(days=LOOKED_BACK))
        .select_related("customer", "owner", "store")
        .order_by("pk")
    )
    store_ids = sorted({deal.store_id for deal in deals})
    cars = {car.id: car for car in hooks.demo_cars_in(store_ids)}
    mileages = {car_id: dice.randint(800, 4000) for car_id in cars}
    for store_id in store_ids:
        here = [car for car in cars.values() if car.store_id == store_id]
        of_store = [deal for deal in deals if deal.store_id == store_id]
        _came(room, [deal for deal in of_store if deal.stage in CAME], here, mileages)
        _strangers(room, store_id)
        waiting = [deal for deal in of_store if deal.stage in (Stage.CONTACTED, Stage.VISITED)]
        _now(room, store_id, waiting)
        if here:
            _ahead(room, waiting, here, mileages)
    room.write()


def _came(
    room: _Showroom,
    deals: list[Opportunity],
    cars: list[hooks.DemoCar],
    mileages: dict[int, int],
) -> None:
    """Whoever is so far has been here, and some have driven."""
    moments = sorted(zip(_days_after(room, deals), deals, strict=True), key=lambda pair: pair[0])
    for at, deal in moments:
        room.visit(deal.store_id, at, deal, VisitState.LEFT)
        if deal.stage in DROVE and cars:
            car = room.dice.choice(cars)
            start = quarter_of(at) + timedelta(minutes=15)
            drive = room.drive(deal, car, start, TestDriveState.RETURNED, mileages[car.id])
            room.returned(drive)
            mileages[car.id] = drive.mileage_after


def _days_after(room: _Showroom, deals: list[Opportunity]) -> Iterator[datetime]:
    """A time of day for each, some days after the deal began and never after yesterday."""
    yesterday = room.today - timedelta(days=1)
    for deal in deals:
        day = deal.opened_at.astimezone(SHANGHAI).date() + timedelta(days=room.dice.randint(0, 9))
        hour = time(room.dice.randint(9, 16), room.dice.choice((0, 10, 20, 35, 50)))
        yield datetime.combine(min(day, yesterday), hour, SHANGHAI)


def _strangers(room: _Showroom, store_id: int) -> None:
    """Those who looked round and left no name."""
    for back in range(1, 31):
        for _number in range(room.dice.choice((0, 1, 1, 2))):
            hour = time(room.dice.randint(9, 17), room.dice.randint(0, 59))
            at = datetime.combine(room.today - timedelta(days=back), hour, SHANGHAI)
            room.visit(store_id, at, None, VisitState.LEFT)


def _now(room: _Showroom, store_id: int, waiting: list[Opportunity]) -> None:
    """Two parties that are known and one that is not are in the showroom."""
    for number, deal in enumerate([*waiting[-2:], None]):
        at = room.now - timedelta(minutes=12 + 17 * number)
        room.visit(store_id, at, deal, VisitState.PRESENT)


def _ahead(
    room: _Showroom,
    waiting: list[Opportunity],
    cars: list[hooks.DemoCar],
    mileages: dict[int, int],
) -> None:
    """One drive is on the road; the next are booked, each at a time of its own."""
    deals = waiting[-7:-2]
    if deals:
        start = quarter_of(room.now) - timedelta(minutes=15)
        room.drive(deals[0], cars[0], start, TestDriveState.OUT, mileages[cars[0].id])
    for number, (deal, (days, hour)) in enumerate(zip(deals[1:], AHEAD, strict=False)):
        at = datetime.combine(room.today + timedelta(days=days), time(hour), SHANGHAI)
        if at > clock.now():
            room.drive(deal, cars[number % len(cars)], at, TestDriveState.BOOKED)
