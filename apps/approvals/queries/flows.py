"""Reads of flows: which one applies, what its versions are, what it is called."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.cache import cache
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalFlow, FlowVersion
from apps.approvals.rules.sentences import Names
from apps.approvals.rules.states import VersionState
from apps.approvals.rules.steps import Step
from apps.organisation import queries as organisation
from apps.organisation.brands import is_same
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.errors import NotFound, NotPermitted

_PUBLISHED = "approvals.published_kinds"
_SECONDS = 60


def is_published(kind: str) -> bool:
    """Whether any flow of the kind holds anywhere.

    Remembered, for it is asked whenever a vehicle is transferred and most groups answer no. It is
    forgotten with every change; a request that reads while one is being committed may leave the
    old answer for the minute that it is kept at most.
    """
    kinds: list[str] | None = cache.get(_PUBLISHED)
    if kinds is None:
        published = FlowVersion.objects.filter(state=VersionState.PUBLISHED)
        kinds = list(published.values_list("flow__kind", flat=True).distinct())
        cache.set(_PUBLISHED, kinds, _SECONDS)
    return kind in kinds


def forget_published() -> None:
    """After a change of what is published: at once here, and for everybody when it is committed."""
    cache.delete(_PUBLISHED)
    transaction.on_commit(lambda: cache.delete(_PUBLISHED))


def version_for(
    kind: str, *, store_id: int | None, region_id: int | None, brand: str
) -> FlowVersion | None:
    """The published steps that apply to a subject; None where no flow of the kind fits it.

    The most specific flow wins: the store's, then the brand's, the region's, the group's. A flow
    bound to several of them fits where all of them do.
    """
    if not is_published(kind):
        return None
    published = FlowVersion.objects.filter(state=VersionState.PUBLISHED, flow__kind=kind)
    return best_of(
        published.select_related("flow"), store_id=store_id, region_id=region_id, brand=brand
    )


def best_of(
    versions: Iterable[FlowVersion], *, store_id: int | None, region_id: int | None, brand: str
) -> FlowVersion | None:
    """Of these versions the one whose flow fits the place most closely."""
    fitting = [one for one in versions if _fits(one.flow, store_id, region_id, brand)]
    return max(fitting, key=lambda version: _weight(version.flow), default=None)


def _fits(flow: ApprovalFlow, store_id: int | None, region_id: int | None, brand: str) -> bool:
    return (
        flow.store_id in (None, store_id)
        and flow.region_id in (None, region_id)
        and (not flow.brand or is_same(flow.brand, brand))
    )


def _weight(flow: ApprovalFlow) -> tuple[bool, bool, bool]:
    return flow.store_id is not None, bool(flow.brand), flow.region_id is not None


def list_flows(actor: Actor) -> QuerySet[ApprovalFlow]:
    """The flows with their versions that count now, as ``present``."""
    present = FlowVersion.objects.exclude(state=VersionState.RETIRED).order_by("number")
    return (
        ApprovalFlow.objects.visible_to(actor)
        .select_related("store", "region")
        .prefetch_related(Prefetch("versions", present, to_attr="present"))
        .order_by("kind", "pk")
    )


def get_flow(*, flow_id: int, actor: Actor) -> ApprovalFlow:
    """Raises NotFound."""
    return _one(list_flows(actor).filter(pk=flow_id))


def lock_flow(*, flow_id: int, actor: Actor) -> ApprovalFlow:
    """The flow, if the actor may change it. Raises NotFound or NotPermitted."""
    flow = _one(
        ApprovalFlow.objects.visible_to(actor).filter(pk=flow_id).select_for_update(of=("self",))
    )
    require_manage(actor, flow)
    return flow


def require_manage(actor: Actor, flow: ApprovalFlow) -> None:
    """A store's flow is changed with the right for the store, any other with it for the group."""
    actor.require("approvals.manage_flow")
    if not may_manage(actor, flow):
        raise NotPermitted(_("Only headquarters changes flows that hold for several stores."))


def may_manage(actor: Actor, flow: ApprovalFlow) -> bool:
    grant = actor.grant("approvals.manage_flow")
    return grant.everything or (flow.store_id is not None and flow.store_id in grant.store_ids)


def draft_of(flow: ApprovalFlow) -> FlowVersion | None:
    return flow.versions.filter(state=VersionState.DRAFT).first()


def published_of(flow: ApprovalFlow) -> FlowVersion | None:
    return flow.versions.filter(state=VersionState.PUBLISHED).first()


def list_versions(flow: ApprovalFlow) -> list[FlowVersion]:
    return list(flow.versions.order_by("-number"))


def names_for(steps: Iterable[Step]) -> Names:
    """What the roles, rights and people of the steps are called."""
    steps = list(steps)
    person_ids = {pk for step in steps for pk in step.person_ids}
    person_ids |= {step.escalate_person_id for step in steps if step.escalate_person_id}
    people = organisation.staff_by_id(person_ids) if person_ids else {}
    return Names(
        roles={role.code: role.name for role in organisation.list_roles()},
        rights={code: str(label) for code, label in all_permissions().items()},
        people={pk: person.name for pk, person in people.items()},
    )


def place_of(flow: ApprovalFlow) -> str:
    """For which part of the group a flow is."""
    parts = [
        flow.store.name if flow.store else "",
        flow.region.name if flow.region else "",
        flow.brand,
    ]
    return " · ".join(part for part in parts if part) or _("Whole group")


def _one(flows: QuerySet[ApprovalFlow]) -> ApprovalFlow:
    flow = flows.first()
    if flow is None:
        raise NotFound(_("No such approval flow."))
    return flow
