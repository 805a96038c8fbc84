"""Flows and requests for tests; each call makes what it needs and nothing more."""

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.approvals.actions import submit_own
from apps.approvals.actions.flows import write_draft, write_published
from apps.approvals.models import ApprovalFlow, ApprovalRequest, RequestKind
from apps.approvals.queries.kinds import forget_own_kinds
from apps.approvals.rules.states import OnReturn
from apps.approvals.rules.steps import Step
from apps.organisation.models import StaffMember, Store
from forecourt.kernel.access import system_actor
from tests.factories.organisation import actor_of, make_staff, make_store

_numbers = itertools.count(1)


def make_request_kind(**fields: Any) -> RequestKind:
    number = next(_numbers)
    fields.setdefault("code", f"kind_{number}")
    fields.setdefault("name_zh", f"申请{number}")
    fields.setdefault("name_en", f"Request {number}")
    kind = RequestKind.objects.create(**fields)
    forget_own_kinds()
    return kind


def make_flow(
    kind: str,
    steps: Sequence[Step],
    *,
    on_return: str = OnReturn.RESTART,
    is_published: bool = True,
    **place: Any,
) -> ApprovalFlow:
    """A flow with one version; what the group had for the same part is taken away."""
    place.setdefault("store", None)
    flow, _made = ApprovalFlow.objects.get_or_create(
        kind=kind,
        region=place.pop("region", None),
        brand=place.pop("brand", ""),
        defaults={"name_zh": "流程", "name_en": "Flow"},
        **place,
    )
    draft = write_draft(flow, steps, on_return, system_actor())
    if is_published:
        write_published(flow, draft, system_actor())
    return flow


class Desk:
    """A store with people, and a kind of request with a flow of its own."""

    def __init__(self, *steps: Step, **flow: Any) -> None:
        self.store: Store = flow.pop("at", None) or make_store()
        self.owner = make_staff("group_owner")
        self.manager = make_staff("store_manager", self.store, manager=self.owner)
        self.sales = make_staff("sales_manager", self.store, manager=self.manager)
        self.other_sales = make_staff("sales_manager", self.store, manager=self.manager)
        self.advisor = make_staff("sales_advisor", self.store, manager=self.sales)
        self.kind = make_request_kind()
        self.flow = make_flow(self.kind.kind, steps, **flow) if steps else None

    def submit(
        self,
        amount: Decimal | int | None = None,
        by: StaffMember | None = None,
        **fields: Any,
    ) -> ApprovalRequest:
        fields.setdefault("title", "Six umbrellas")
        return submit_own(
            request_kind_id=self.kind.pk,
            amount=None if amount is None else Decimal(amount),
            store_id=fields.pop("store_id", self.store.pk),
            actor=actor_of(by or self.advisor),
            **fields,
        )


def asked(request: ApprovalRequest) -> set[str]:
    """The names of those who are to decide now."""
    waiting = request.tasks.filter(state="WAITING").select_related("approver")
    return {task.approver.name for task in waiting}


def told(request: ApprovalRequest) -> list[str]:
    """The kinds of act on the record, in order."""
    return list(request.acts.order_by("pk").values_list("kind", flat=True))
