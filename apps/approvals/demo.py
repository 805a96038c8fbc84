"""The demo groups' requests: some approved, some rejected, some waiting for an answer today."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

from apps.approvals.actions import (
    add_flow,
    add_request_kind,
    approve,
    comment,
    publish_flow,
    reject,
    replace_draft,
    submit_own,
)
from apps.approvals.models import ApprovalRequest, RequestKind
from apps.organisation.models import StaffMember, Store
from apps.organisation.queries import actor_for_user
from forecourt.kernel.access import Actor, system_actor

SEAL_STEPS = (
    {"name_zh": "直属上级", "name_en": "Manager", "manager_levels": 1, "limit_count": 8},
    {
        "name_zh": "总部盖章",
        "name_en": "Headquarters",
        "roles": ["headquarters"],
        "where": "GROUP",
        "limit_count": 1,
        "limit_unit": "DAYS",
        "escalation": "ROLE",
        "escalate_role": "group_owner",
    },
)
WISHES = (
    ("周末外拓展位费用", 6800, "商场中庭两天展位，含搭建。"),
    ("展厅咖啡机维修", 1200, "出水口漏水，供应商已报价。"),
    ("车展物料制作", 15600, "展板、手提袋与车贴，附三家比价。"),
    ("客户答谢会场地", 9800, "预计到场六十位客户。"),
    ("试驾车贴膜", 3500, "新到两台试驾车。"),
    ("销售技能培训", 12800, "外部讲师两天课程。"),
)
SEALS = ("场地租赁合同盖章", "二手车置换合作协议盖章", "保险合作协议盖章")


def load_requests(stores: Sequence[Store], seed: str) -> None:
    """Requests of the first stores' people, each as far as it would be today."""
    dice = random.Random(seed)
    general = RequestKind.objects.get(code="general")
    seal = _seal_kind()
    for number, store in enumerate(stores[:4]):
        advisors = _people(store, "sales_advisor")
        for offset, advisor in enumerate(advisors):
            title, amount, text = WISHES[(number * 2 + offset) % len(WISHES)]
            request = submit_own(
                request_kind_id=general.pk,
                title=title,
                text=text,
                amount=Decimal(amount),
                store_id=store.pk,
                actor=advisor,
            )
            _go_on(request, store, dice)
        submit_own(
            request_kind_id=seal.pk,
            title=SEALS[number % len(SEALS)],
            text="合同一式三份，法务已审阅。",
            store_id=store.pk,
            actor=advisors[0],
        )


def _seal_kind() -> RequestKind:
    owner = system_actor()
    seal = add_request_kind(name_zh="用章申请", name_en="Use of seal", actor=owner)
    flow = add_flow(
        kind=seal.kind, name_zh="用章审批", name_en="Use of the company's seal", actor=owner
    )
    replace_draft(flow_id=flow.pk, steps=SEAL_STEPS, actor=owner)
    publish_flow(flow_id=flow.pk, actor=owner)
    return seal


def _go_on(request: ApprovalRequest, store: Store, dice: random.Random) -> None:
    manager = _people(store, "sales_manager")[0]
    chance = dice.random()
    if chance < 0.35:
        approve(approval_id=request.pk, note_text="同意", actor=manager)
    elif chance < 0.5:
        reject(approval_id=request.pk, reason="本月预算已用完，下月再提。", actor=manager)
    elif chance < 0.7:
        comment(approval_id=request.pk, text="请补充一家报价。", actor=manager)


def _people(store: Store, role: str) -> list[Actor]:
    staff = StaffMember.objects.filter(home_store=store, roles__code=role).order_by("pk")
    found = [actor_for_user(person.user_id, channel="demo") for person in staff]
    return [actor for actor in found if actor is not None]
