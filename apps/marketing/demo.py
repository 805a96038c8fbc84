"""The demo groups' marketing: tags, segments, automations, campaigns with their results."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils.timezone import get_current_timezone

from apps.crm.actions import change_customer, save_tag, tag_customer
from apps.crm.queries import list_customers
from apps.marketing.actions import (
    add_tag_rule,
    save_automation,
    save_campaign,
    save_segment,
    switch_automation,
)
from apps.marketing.models import Campaign, Reach, Segment
from apps.marketing.queries import customers_of
from apps.marketing.rules.states import CampaignState, HeldReason, ReachState
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today

BY_HAND = (
    ("家庭用车", "info"),
    ("关注新能源", "success"),
    ("老客户推荐", "accent"),
    ("VIP", "warning"),
)
TAGGED = 40
REACHED = 180
AGREED = 0.75
OLD_CAR, OPEN_DEAL, QUIET = "购车满一年", "跟进中的意向客户", "三十天未联系"


def load_marketing(dice: random.Random) -> None:
    """What a marketer of the group has set up over some months."""
    _tag_by_hand(dice)
    segments = _describe()
    _agree(segments[OPEN_DEAL], dice)
    _follow(segments)
    _automate(segments)
    _campaign(segments[OPEN_DEAL], dice)


def _tag_by_hand(dice: random.Random) -> None:
    actor = system_actor("市场部")
    tags = [save_tag(name=name, tone=tone, actor=actor) for name, tone in BY_HAND]
    newest = list_customers(actor).order_by("-pk").values_list("pk", flat=True)
    for customer_id in newest[:TAGGED]:
        some = dice.sample(tags, dice.choice((1, 1, 2)))
        tag_customer(customer_id=customer_id, add=[tag.pk for tag in some], actor=actor)


def _described(name: str, note: str, *asked: tuple[str, str, list[str]]) -> Segment:
    conditions = [{"fact": fact, "op": op, "values": values} for fact, op, values in asked]
    return save_segment(
        name=name,
        note=note,
        conditions={"match": "ALL", "blocks": [{"match": "ALL", "conditions": conditions}]},
        actor=system_actor("市场部"),
    )


def _describe() -> dict[str, Segment]:
    made = (
        _described(OLD_CAR, "保养与精品", ("marketing.car_age", "AT_LEAST", ["1"])),
        _described(OPEN_DEAL, "有进行中的商机", ("crm.open_opportunity", "YES", [])),
        _described(
            QUIET,
            "提醒顾问联系",
            ("crm.open_opportunity", "YES", []),
            ("crm.last_contact", "LONGER_AGO", ["30"]),
        ),
        _described("本月生日", "生日关怀", ("crm.birthday", "WITHIN_NEXT", ["30"])),
    )
    return {segment.name: segment for segment in made}


def _agree(segment: Segment, dice: random.Random) -> None:
    """Most of those whom an advisor looks after have agreed to messages."""
    actor = system_actor("市场部")
    customers = customers_of(segment, actor).order_by("pk").values_list("pk", flat=True)
    for customer_id in customers[:REACHED]:
        if dice.random() < AGREED:
            change_customer(
                customer_id=customer_id,
                consents={"sms": True, "email": dice.random() < AGREED},
                actor=actor,
            )


def _follow(segments: dict[str, Segment]) -> None:
    actor = system_actor("市场部")
    tag = save_tag(name="高意向", tone="success", actor=actor)
    add_tag_rule(segment_id=segments[OPEN_DEAL].pk, tag_id=tag.pk, actor=actor)


def _automate(segments: dict[str, Segment]) -> None:
    actor = system_actor("市场部")
    greeting = save_automation(
        name="生日祝福",
        trigger="DATE",
        fact="crm.birthday",
        deed="MESSAGE",
        options={
            "channel": "sms",
            "text": "{name}，{store}全体同事祝您生日快乐！退订：{opt_out}",
        },
        actor=actor,
    )
    save_automation(
        name="试驾次日回访",
        trigger="EVENT",
        event="test_drive.returned",
        deed="TASK",
        options={"purpose": "试驾感受回访", "due_days": 1},
        actor=actor,
    )
    save_automation(
        name="购车满一年，邀约保养",
        trigger="DATE",
        fact="crm.last_purchase",
        offset_days=365,
        segment_id=segments[OLD_CAR].pk,
        deed="TASK",
        options={"purpose": "首保与续保邀约", "due_days": 3},
        daily_cap=20,
        rest_days=365,
        actor=actor,
    )
    switch_automation(automation_id=greeting.pk, is_on=True, actor=actor)


def _campaign(segment: Segment, dice: random.Random) -> None:
    """One that is over, with what came of it, and one that is being prepared."""
    actor = system_actor("市场部")
    save_campaign(
        name="春季新车品鉴会",
        segment_id=segment.pk,
        channel="sms",
        text="{name}您好，{store}诚邀您参加新车品鉴会，详情：{link} 退订：{opt_out}",
        link_url="https://www.example.com/spring",
        budget_amount=Decimal("8000.00"),
        starts_on=today() + timedelta(days=3),
        ends_on=today() + timedelta(days=10),
        actor=actor,
    )
    begin = datetime.combine(today() - timedelta(days=30), time(10), get_current_timezone())
    over = Campaign.objects.create(
        name="年末感恩回馈",
        segment=segment,
        channel="email",
        title="{name}，年末购车礼遇",
        text="{name}您好，本月到店可享年末礼遇：{link}",
        link_url="https://www.example.com/year-end",
        budget_amount=Decimal("12000.00"),
        spent_amount=Decimal("9860.00"),
        starts_on=begin.date(),
        ends_on=begin.date() + timedelta(days=7),
        state=CampaignState.DONE,
        started_at=begin,
        ended_at=begin + timedelta(days=7),
        created_at=begin - timedelta(days=2),
        created_by="市场部",
    )
    customers = customers_of(segment, actor).order_by("pk").values_list("pk", flat=True)
    Reach.objects.bulk_create(
        [_reach(over, customer_id, begin, dice) for customer_id in customers[:REACHED]]
    )


def _reach(campaign: Campaign, customer_id: int, begin: datetime, dice: random.Random) -> Reach:
    sent = begin + timedelta(minutes=dice.randint(0, 600))
    reach = Reach(
        campaign=campaign,
        customer_id=customer_id,
        due_at=sent,
        expires_at=begin + timedelta(days=8),
        created_at=begin,
        done_at=sent,
    )
    if dice.random() < 0.18:
        reach.state, reach.reason = ReachState.HELD, HeldReason.NO_CONSENT
        return reach
    reach.state = ReachState.DONE
    for name, chance, hours in (
        ("opened_at", 0.42, 20),
        ("lead_at", 0.15, 60),
        ("visited_at", 0.4, 120),
        ("ordered_at", 0.35, 200),
    ):
        if dice.random() >= chance:
            break
        setattr(reach, name, min(sent + timedelta(hours=dice.randint(1, hours)), now()))
    return reach
