"""The demo groups' complaints: some settled, some opened again, some late."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.care.models import Complaint, ComplaintStep
from apps.care.rules.complaints import (
    CLOSE_HOURS,
    REPLY_HOURS,
    ComplaintChannel,
    ComplaintKind,
    ComplaintState,
    Severity,
    StepKind,
    due_at,
)
from apps.crm.queries import buyers_with_advisor
from forecourt.kernel import clock
from forecourt.kernel.hours import OpeningHours
from forecourt.kernel.numbering import number_documents

SHANGHAI = ZoneInfo("Asia/Shanghai")
LOOKED_BACK = 170
COUNT = 46
STORIES = (
    (
        ComplaintKind.PARTS,
        "配件等了三周",
        "保险杠一直说没货。",
        "从兄弟门店调拨，次日到货。",
    ),
    (
        ComplaintKind.DELIVERY,
        "交车时间一再推迟",
        "合同写明上月底交车，至今没有准信。",
        "与主机厂确认排产，本周交车并赠送首次保养。",
    ),
    (
        ComplaintKind.CONTRACT,
        "上牌费与合同不一致",
        "合同写五百元，结账时收了八百元。",
        "核对后退还多收的三百元。",
    ),
    (
        ComplaintKind.VEHICLE_QUALITY,
        "中控屏反复黑屏",
        "提车不到一个月，导航时黑屏三次。",
        "升级系统并更换主机，试车两天未再出现。",
    ),
    (
        ComplaintKind.REPAIR_QUALITY,
        "保养后仍有异响",
        "做完保养，过减速带时底盘还是响。",
        "重新紧固平衡杆胶套，陪同客户试车确认。",
    ),
    (
        ComplaintKind.REPAIR_PRICE,
        "维修费用超出报价",
        "报价一千二，取车时要一千九。",
        "说明增项未经确认，按原报价结算。",
    ),
    (
        ComplaintKind.SALES_SERVICE,
        "承诺的赠品没有给",
        "订车时答应送脚垫和贴膜，提车时没有。",
        "补送赠品，并安排周末贴膜。",
    ),
    (
        ComplaintKind.ATTITUDE,
        "等候两小时无人理会",
        "预约了上午十点，十二点才有人接待。",
        "店长致电道歉，下次到店优先安排。",
    ),
)
COMPENSATIONS = (None, None, None, Decimal(300), Decimal(500), Decimal(800), Decimal(1500))


def load_complaints(today: date) -> None:
    """Needs the demo's customers and people; the same day gives the same complaints."""
    dice = random.Random(f"complaints {today}")
    buyers = buyers_with_advisor(COUNT * 4)
    if not buyers or Complaint.objects.exists():
        return
    dice.shuffle(buyers)
    made = sorted(
        (_complaint(dice, customer, today) for customer in buyers[:COUNT]),
        key=lambda told: told[0].reported_at,
    )
    numbers = number_documents(
        "CP", [(complaint.store.code, complaint.reported_date) for complaint, _steps in made]
    )
    for (complaint, _steps), number in zip(made, numbers, strict=True):
        complaint.number = number
    Complaint.objects.bulk_create([complaint for complaint, _steps in made])
    ComplaintStep.objects.bulk_create([step for _complaint, steps in made for step in steps])


def _complaint(
    dice: random.Random, customer: Any, today: date
) -> tuple[Complaint, list[ComplaintStep]]:
    kind, title, said, solution = dice.choice(STORIES)
    severity = dice.choices(list(Severity), weights=(6, 3, 1))[0]
    store = customer.home_store
    day = today - timedelta(days=int(dice.random() ** 2 * LOOKED_BACK))
    reported = min(
        datetime.combine(day, time(dice.randint(9, 17), dice.randrange(60)), SHANGHAI),
        clock.now() - timedelta(minutes=20),
    )
    hours = OpeningHours(store.opens_at, store.closes_at, SHANGHAI)
    complaint = Complaint(
        customer=customer,
        store=store,
        kind=kind,
        channel=dice.choice(list(ComplaintChannel)[:5]),
        severity=severity,
        title=title,
        description=said,
        owner=customer.owner,
        received_by=customer.owner,
        state=ComplaintState.IN_HAND,
        reported_at=reported,
        reported_date=reported.astimezone(SHANGHAI).date(),
        reply_due_at=due_at(since=reported, hours=REPLY_HOURS[severity], open_hours=hours),
        close_due_at=due_at(since=reported, hours=CLOSE_HOURS[severity], open_hours=hours),
    )
    return complaint, list(_course(dice, complaint, solution))


def _course(dice: random.Random, complaint: Complaint, solution: str) -> Iterator[ComplaintStep]:
    """What was done until now, by a pace that is sometimes too slow."""
    pace = dice.choice((0.3, 0.5, 0.7, 0.9, 1.4))
    start, end = complaint.reported_at, clock.now()

    def step(
        kind: StepKind, at: datetime, text: str = "", amount: Decimal | None = None
    ) -> ComplaintStep:
        return ComplaintStep(
            complaint=complaint,
            kind=kind,
            author=complaint.owner,
            text=text,
            amount=amount,
            happened_at=at,
        )

    yield step(StepKind.DISPATCHED, start, complaint.owner.name)
    replied = start + (complaint.reply_due_at - start) * pace
    if replied > end:
        return
    complaint.first_reply_at = replied
    yield step(StepKind.REPLY, replied, "已致电客户，了解情况并致歉，约定回复时间。")
    amount = dice.choice(COMPENSATIONS)
    solved = start + (complaint.close_due_at - start) * pace
    if amount is not None and solved < end:
        complaint.compensation_amount = amount
        yield step(StepKind.GRANTED, solved - (solved - replied) / 3, "补偿：代金券", amount)
    if dice.random() < 0.12 and solved + timedelta(days=3) < end:
        complaint.reopen_count = 1
        yield step(StepKind.REOPENED, solved + timedelta(days=1), "客户不认可，要求再次处理。")
        solved += timedelta(days=2)
    if solved > end:
        return
    complaint.state, complaint.solved_at = ComplaintState.SOLVED, solved
    yield step(StepKind.SOLVED, solved, solution)
    closed = solved + timedelta(hours=dice.randint(4, 60))
    if closed < end:
        complaint.state, complaint.closed_at = ComplaintState.CLOSED, closed
        complaint.satisfaction = dice.choice((3, 4, 4, 5, 5))
        yield step(StepKind.CONFIRMED, closed, "回访：客户满意。")
