"""A few dozen leads at every stage, for a group that looks around."""

from __future__ import annotations

from itertools import cycle

from apps.crm.actions import (
    log_interaction,
    lose_opportunity,
    mark_invalid,
    move_opportunity,
    qualify_lead,
    register_lead,
)
from apps.crm.models import Lead
from apps.crm.rules.contacts import InteractionKind, InteractionResult
from apps.crm.rules.leads import InvalidReason, LeadSource, LeadState
from apps.crm.rules.opportunities import IntentLevel, LostReason, Stage
from apps.organisation import queries as organisation
from forecourt.kernel.access import system_actor
from forecourt.kernel.sample import Making, sample

PEOPLE = (
    "张伟",
    "王芳",
    "李娜",
    "刘洋",
    "陈静",
    "杨帆",
    "黄磊",
    "赵敏",
    "吴强",
    "周杰",
    "徐丽",
    "孙浩",
    "马超",
    "朱琳",
    "胡斌",
    "郭明",
    "何雪",
    "高峰",
    "林涛",
    "罗兰",
    "梁爽",
    "宋佳",
    "郑凯",
    "谢婷",
    "韩冰",
    "唐宁",
    "冯刚",
    "于洁",
    "董浩",
    "萧晨",
    "程思",
    "曹阳",
    "袁梦",
    "邓超",
    "许晴",
    "傅雷",
)
SERIES = {"比亚迪": ("汉", "海豚", "宋PLUS"), "大众": ("帕萨特", "途观L", "迈腾")}
SOURCES = (
    LeadSource.DONGCHEDI,
    LeadSource.WALK_IN,
    LeadSource.AUTOHOME,
    LeadSource.WEB,
    LeadSource.PHONE,
    LeadSource.REFERRAL,
)
MESSAGES = ("想了解落地价", "周末可以试驾吗", "有旧车要置换", "问一下贷款方案", "")
STAGES = (Stage.CONTACTED, Stage.VISITED, Stage.TEST_DRIVEN, Stage.QUOTED, Stage.ORDERED)


@sample(order=50)
def leads(making: Making) -> None:
    """At the two latest stores enquiries come in and are answered, qualified, won and lost."""
    latest = organisation.list_stores(making.actor).order_by("-id")
    stores = [store for store in latest if store.is_working][:2]
    if not stores:
        return
    dice = making.random
    phones = dice.sample(range(10_000_000, 100_000_000), len(PEOPLE))
    for number, (name, digits, store) in enumerate(zip(PEOPLE, phones, cycle(stores))):
        brand = next((brand for brand in store.brand_names if brand in SERIES), "")
        registered = register_lead(
            actor=making.actor,
            source=SOURCES[number % len(SOURCES)],
            phone=f"+86199{digits:08d}",
            name=name,
            brand=brand or next(iter(store.brand_names), ""),
            series=dice.choice(SERIES[brand]) if brand else "",
            division_code=store.division_code,
            message=dice.choice(MESSAGES),
            store_id=store.pk,
        )
        if registered.is_new and registered.lead.state == LeadState.ASSIGNED:
            _follow(making, registered.lead, number)


def _follow(making: Making, lead: Lead, number: int) -> None:
    """One in three is left unanswered; of the others some are qualified, some lead nowhere."""
    if number % 3 == 0:
        return
    log_interaction(
        actor=making.actor,
        lead_id=lead.pk,
        kind=making.random.choice((InteractionKind.CALL, InteractionKind.WECHAT)),
        result=InteractionResult.REACHED,
        note="已加微信，发了车型资料",
    )
    if number % 9 == 1:
        mark_invalid(lead_id=lead.pk, reason=InvalidReason.NO_INTEREST, actor=making.actor)
    elif number % 9 != 2:
        _pursue(making, lead, number)


def _pursue(making: Making, lead: Lead, number: int) -> None:
    opportunity = qualify_lead(
        lead_id=lead.pk,
        level=making.random.choice(IntentLevel.values),
        actor=making.actor,
    )
    if number % 9 == 4:
        lose_opportunity(
            opportunity_id=opportunity.pk, reason=LostReason.PRICE, actor=system_actor()
        )
        return
    stage = STAGES[number % len(STAGES)]
    if stage != opportunity.stage:
        move_opportunity(opportunity_id=opportunity.pk, stage=stage, actor=making.actor)
