"""Changing flows: always a draft, which becomes the flow when it is published."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.approvals import subjects
from apps.approvals.models import ApprovalFlow, ApprovalRequest, FlowVersion, RequestKind
from apps.approvals.queries.flows import (
    draft_of,
    forget_published,
    lock_flow,
    published_of,
    require_manage,
)
from apps.approvals.queries.kinds import forget_own_kinds, get_request_kind, kind_of
from apps.approvals.rules.states import OnReturn, VersionState
from apps.approvals.rules.steps import Step, moved, read_step, require_step, require_steps
from apps.organisation import people
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.text import pinyin_sort_key

PLACE = "approval_flow_place_uq"


def add_flow(
    *,
    kind: str,
    name_zh: str,
    actor: Actor,
    name_en: str = "",
    store_id: int | None = None,
    region_id: int | None = None,
    brand: str = "",
) -> ApprovalFlow:
    """A flow for a kind in a part of the group, with a draft to begin with.

    Raises NotPermitted, NotFound, Invalid, or Conflict where there is one for the same part.
    """
    flow = ApprovalFlow(
        kind=kind_of(kind).code,
        name_zh=_clean_name(name_zh, "name_zh"),
        name_en=_clean_name(name_en, "name_en", required=False),
        store_id=store_id,
        region_id=region_id,
        brand=brand.strip()[:60],
    )
    require_manage(actor, flow)
    default = kind_of(kind).default_flow
    steps = list(default.steps) if default else []
    gone = _discarded(flow)
    if gone is not None:
        return _take_up(gone, flow, steps, actor)
    if store_id is not None and store_id not in organisation.stores_by_id([store_id]):
        raise Invalid(_("Choose one of the list."), field="store_id")
    if region_id is not None:
        organisation.get_region(region_id=region_id)
    try:
        with transaction.atomic():
            flow.save()
            write_draft(flow, steps, OnReturn.RESTART, actor)
            audit.record(actor, "created", flow)
    except IntegrityError as error:
        if PLACE in str(error):
            raise Conflict(_("There is a flow of this kind for this part already.")) from error
        raise
    return flow


def _discarded(flow: ApprovalFlow) -> ApprovalFlow | None:
    """The flow of the same kind and part that was discarded: its requests still name it."""
    return (
        ApprovalFlow.objects.filter(
            kind=flow.kind, store=flow.store_id, region=flow.region_id, brand=flow.brand
        )
        .exclude(versions__state__in=[VersionState.DRAFT, VersionState.PUBLISHED])
        .first()
    )


@transaction.atomic
def _take_up(
    gone: ApprovalFlow, wanted: ApprovalFlow, steps: Sequence[Step], actor: Actor
) -> ApprovalFlow:
    """Begin a discarded flow anew, with a draft."""
    gone.name_zh, gone.name_en = wanted.name_zh, wanted.name_en
    gone.save(update_fields=["name_zh", "name_en"])
    write_draft(gone, steps, OnReturn.RESTART, actor)
    audit.record(actor, "created", gone)
    return gone


@transaction.atomic
def rename_flow(*, flow_id: int, name_zh: str, name_en: str, actor: Actor) -> ApprovalFlow:
    """Raises NotFound, NotPermitted or Invalid."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    before = {"name_zh": flow.name_zh, "name_en": flow.name_en}
    flow.name_zh = _clean_name(name_zh, "name_zh")
    flow.name_en = _clean_name(name_en, "name_en", required=False)
    after = {"name_zh": flow.name_zh, "name_en": flow.name_en}
    if before != after:
        flow.save(update_fields=list(after))
        audit.record(actor, "changed", flow, audit.changes_between(before, after))
    return flow


@transaction.atomic
def discard_draft(*, flow_id: int, actor: Actor) -> ApprovalFlow:
    """Forget the draft; what is published stays. Raises NotFound or NotPermitted."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    draft = draft_of(flow)
    if draft is not None:
        before = draft.steps
        draft.delete()
        audit.record(actor, "draft discarded", flow, {"steps": [before, None]})
    return flow


def discard_flow(*, flow_id: int, actor: Actor) -> None:
    """Let a flow apply no longer and forget its draft; requests keep the versions they began with.

    Raises NotFound or NotPermitted.
    """
    with transaction.atomic():
        flow = lock_flow(flow_id=flow_id, actor=actor)
        if published_of(flow) is not None:
            retire_flow(flow_id=flow_id, actor=actor)
        discard_draft(flow_id=flow_id, actor=actor)


def _clean_name(name: str, field: str, *, required: bool = True) -> str:
    name = name.strip()
    if (required and not name) or len(name) > 60:
        raise Invalid(_("A name of at most 60 characters."), field=field)
    return name


def write_draft(
    flow: ApprovalFlow, steps: Sequence[Step], on_return: str, actor: Actor
) -> FlowVersion:
    """Write the draft of a locked or new flow, a new version where there is none."""
    draft = draft_of(flow)
    if draft is None:
        last = flow.versions.order_by("-number").values_list("number", flat=True).first()
        draft = FlowVersion(flow=flow, number=(last or 0) + 1)
    draft.steps = [step.to_json() for step in steps]
    draft.on_return = on_return
    draft.changed_at = now()
    draft.changed_by_id = actor.staff_id
    draft.save()
    return draft


def present_steps(flow: ApprovalFlow) -> tuple[list[Step], str]:
    """What a change begins with: the draft, else what is published."""
    version = draft_of(flow) or published_of(flow)
    if version is None:
        return [], OnReturn.RESTART.value
    return version.steps_in_order, version.on_return


@transaction.atomic
def replace_draft(
    *,
    flow_id: int,
    steps: Sequence[Mapping[str, Any]],
    actor: Actor,
    on_return: str | None = None,
) -> ApprovalFlow:
    """Make these steps the draft. Raises NotFound, NotPermitted or Invalid, naming the step."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    present, kept_return = present_steps(flow)
    on_return = on_return or kept_return
    if on_return not in OnReturn.values:
        raise Invalid(_("Choose one of the values offered."), field="on_return")
    read = [_read_numbered(flow, number, data) for number, data in enumerate(steps, start=1)]
    if read:
        require_steps(read)
    _save(flow, read, on_return, present, actor)
    return flow


def _read_numbered(flow: ApprovalFlow, number: int, data: Mapping[str, Any]) -> Step:
    try:
        step = read_step(data)
        require_known(flow.kind, step)
    except Invalid as error:
        place = f" ({error.field})" if error.field else ""
        raise Invalid(
            _("Step %(number)s%(place)s: %(message)s")
            % {"number": number, "place": place, "message": error.message},
            field="steps",
        ) from error
    return step


def require_known(kind_code: str, step: Step) -> None:
    """Raises Invalid for a step that means nothing: for its kind, its roles or its people."""
    kind = kind_of(kind_code)
    require_step(step, kind.every_field, has_amount=kind.has_amount)
    roles = {role.code for role in organisation.list_roles()}
    wanted = {*step.roles, *([step.escalate_role] if step.escalate_role else [])}
    if not wanted <= roles:
        raise Invalid(_("There is no such role."), field="roles")
    if step.right and step.right not in all_permissions():
        raise Invalid(_("There is no such right."), field="right")
    named = {*step.person_ids, *([step.escalate_person_id] if step.escalate_person_id else [])}
    if named - {person.pk for person in people.by_id(named)}:
        raise Invalid(_("Choose somebody who works here."), field="person_ids")


def _save(
    flow: ApprovalFlow, steps: Sequence[Step], on_return: str, before: Sequence[Step], actor: Actor
) -> None:
    write_draft(flow, steps, on_return, actor)
    changes = {"steps": [[one.to_json() for one in before], [one.to_json() for one in steps]]}
    audit.record(actor, "draft changed", flow, changes)


@transaction.atomic
def save_step(
    *, flow_id: int, index: int | None, data: Mapping[str, Any], actor: Actor
) -> ApprovalFlow:
    """Change one step of the draft or, without ``index``, add it at the end.

    Raises NotFound, NotPermitted or Invalid beside the step's field.
    """
    flow = lock_flow(flow_id=flow_id, actor=actor)
    steps, on_return = present_steps(flow)
    step = read_step(data)
    require_known(flow.kind, step)
    if index is None:
        after = [*steps, step]
    else:
        _require_place(steps, index)
        after = [*steps[:index], step, *steps[index + 1 :]]
    require_steps(after)
    _save(flow, after, on_return, steps, actor)
    return flow


@transaction.atomic
def move_step(*, flow_id: int, index: int, to: int, actor: Actor) -> ApprovalFlow:
    """Put a step at another place of the draft. Raises NotFound, NotPermitted or Invalid."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    steps, on_return = present_steps(flow)
    _save(flow, moved(steps, index=index, to=to), on_return, steps, actor)
    return flow


@transaction.atomic
def remove_step(*, flow_id: int, index: int, actor: Actor) -> ApprovalFlow:
    """Leave a step out of the draft. Raises NotFound, NotPermitted or Invalid."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    steps, on_return = present_steps(flow)
    _require_place(steps, index)
    _save(flow, [*steps[:index], *steps[index + 1 :]], on_return, steps, actor)
    return flow


@transaction.atomic
def set_on_return(*, flow_id: int, on_return: str, actor: Actor) -> ApprovalFlow:
    """Say where a returned request goes on. Raises NotFound, NotPermitted or Invalid."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    if on_return not in OnReturn.values:
        raise Invalid(_("Choose one of the values offered."), field="on_return")
    steps, _before = present_steps(flow)
    _save(flow, steps, on_return, steps, actor)
    return flow


def _require_place(steps: Sequence[Step], index: int) -> None:
    if not 0 <= index < len(steps):
        raise Invalid(_("There is no such step."))


@transaction.atomic
def publish_flow(*, flow_id: int, actor: Actor) -> ApprovalFlow:
    """Make the draft what holds from now on; requests under way keep the version they began with.

    Raises NotFound, NotPermitted, Invalid, or Conflict where there is no draft.
    """
    flow = lock_flow(flow_id=flow_id, actor=actor)
    draft = draft_of(flow)
    if draft is None:
        raise Conflict(_("There is no draft to publish."))
    require_steps(draft.steps_in_order)
    for number, step in enumerate(draft.steps, start=1):
        _read_numbered(flow, number, step)
    write_published(flow, draft, actor)
    audit.record(actor, "published", flow, {"version": [None, draft.number]})
    return flow


def write_published(flow: ApprovalFlow, draft: FlowVersion, actor: Actor) -> None:
    """Put a draft that has been looked at in the place of what was published."""
    flow.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED)
    draft.state = VersionState.PUBLISHED
    draft.published_at = now()
    draft.published_by_name = actor.name
    draft.save(update_fields=["state", "published_at", "published_by_name"])
    forget_published()


@transaction.atomic
def retire_flow(*, flow_id: int, actor: Actor) -> ApprovalFlow:
    """Let the flow no longer apply; its steps stay as a draft. Raises NotFound or Conflict."""
    flow = lock_flow(flow_id=flow_id, actor=actor)
    published = published_of(flow)
    if published is None:
        raise Conflict(_("This flow is not published."))
    published.state = VersionState.RETIRED
    published.save(update_fields=["state"])
    forget_published()
    if draft_of(flow) is None:
        write_draft(flow, published.steps_in_order, published.on_return, actor)
    audit.record(actor, "retired", flow, {"version": [published.number, None]})
    return flow


@transaction.atomic
def add_request_kind(
    *, name_zh: str, actor: Actor, name_en: str = "", code: str = ""
) -> RequestKind:
    """A kind of request of the group's own; its code is made of the name where none is given.

    Raises NotPermitted, Invalid or Conflict.
    """
    _require_whole_group(actor)
    name_zh = _clean_name(name_zh, "name_zh")
    name_en = _clean_name(name_en, "name_en", required=False)
    code = code or _code_for(name_en or name_zh)
    if RequestKind.objects.filter(code=code).exists():
        raise Conflict(_("There is such a kind already."))
    own = RequestKind.objects.create(code=code, name_zh=name_zh, name_en=name_en)
    audit.record(actor, "created", own)
    transaction.on_commit(forget_own_kinds)
    forget_own_kinds()
    return own


def _code_for(name: str) -> str:
    """A code that programs use, from the name: 用章申请 becomes yong_zhang_shen_qing."""
    syllables = re.sub(r"(?<=[a-zü])[1-5]\b", "", pinyin_sort_key(name, person=False).lower())
    code = re.sub(r"[^a-z0-9]+", "_", syllables).strip("_")[:30].strip("_")
    if not code or subjects.find(code):
        raise Invalid(_("Choose a name with letters."), field="name_zh")
    return code


@transaction.atomic
def change_request_kind(
    *, request_kind_id: int, name_zh: str, name_en: str, is_active: bool, actor: Actor
) -> RequestKind:
    """Rename a kind, or take it out of use. Raises NotPermitted, NotFound or Invalid."""
    _require_whole_group(actor)
    own = get_request_kind(request_kind_id=request_kind_id)
    before = {"name_zh": own.name_zh, "name_en": own.name_en, "is_active": own.is_active}
    own.name_zh = _clean_name(name_zh, "name_zh")
    own.name_en = _clean_name(name_en, "name_en", required=False)
    own.is_active = is_active
    own.save(update_fields=list(before))
    after = {name: getattr(own, name) for name in before}
    audit.record(actor, "changed", own, audit.changes_between(before, after))
    transaction.on_commit(forget_own_kinds)
    forget_own_kinds()
    return own


@transaction.atomic
def remove_request_kind(*, request_kind_id: int, actor: Actor) -> None:
    """Take away a kind that nobody has used. Raises NotPermitted, NotFound or Conflict."""
    _require_whole_group(actor)
    own = get_request_kind(request_kind_id=request_kind_id)
    flows = ApprovalFlow.objects.filter(kind=own.kind)
    if ApprovalRequest.objects.filter(kind=own.kind).exists():
        raise Conflict(
            _("“%(name)s” has requests: take it out of use instead.") % {"name": own.name}
        )
    FlowVersion.objects.filter(flow__in=flows).delete()
    flows.delete()
    audit.record(actor, "removed", own)
    own.delete()
    transaction.on_commit(forget_own_kinds)
    forget_own_kinds()


def _require_whole_group(actor: Actor) -> None:
    """Kinds are the whole group's. Raises NotPermitted."""
    require_manage(actor, ApprovalFlow())
