"""What approvals keep in the configuration file: the group's own kinds of request, and flows.

Stores stand in it by code, regions by name, people by address. A flow stands under its kind and
the part of the group that it is for, so renaming one is a change and not another flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.approvals import actions, subjects
from apps.approvals.actions.flows import (
    discard_draft,
    discard_flow,
    publish_flow,
    remove_request_kind,
    rename_flow,
    replace_draft,
    retire_flow,
)
from apps.approvals.models import ApprovalFlow, FlowVersion, RequestKind
from apps.approvals.queries.flows import draft_of, published_of
from apps.approvals.rules.conditions import with_people
from apps.approvals.rules.states import OnReturn
from apps.approvals.rules.steps import Step, read_step, require_step
from apps.approvals.subjects import SubjectKind
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.configuration import (
    Anything,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    Part,
    Record,
    Report,
    Text,
    at,
    register,
)
from forecourt.kernel.configuration.report import Place
from forecourt.kernel.errors import Invalid

GROUP = "group"
NAMES = {"name_zh": Text(60), "name_en": Text(60, blank=True)}
CODE = Text(30, pattern=r"[a-z][a-z0-9_]*", hint=_("Small letters, digits and _."))


class RequestKinds(Part):
    name = "request_kinds"
    label = _("Kinds of request")
    shape = MapOf(Record({**NAMES, "is_active": Flag()}, {"name_en": "", "is_active": True}), CODE)

    def export(self) -> Any:
        return {
            kind.code: {
                "name_zh": kind.name_zh,
                "name_en": kind.name_en,
                "is_active": kind.is_active,
            }
            for kind in RequestKind.objects.order_by("code")
        }

    def apply(self, data: Any, actor: Actor) -> None:
        present = {kind.code: kind for kind in RequestKind.objects.all()}
        for code, wanted in data.items():
            with at(code):
                kind = present.get(code) or actions.add_request_kind(
                    code=code,
                    name_zh=wanted["name_zh"],
                    name_en=wanted["name_en"],
                    actor=actor,
                )
                actions.change_request_kind(request_kind_id=kind.pk, actor=actor, **wanted)

    def prune(self, data: Any, actor: Actor) -> None:
        for kind in RequestKind.objects.exclude(code__in=list(data)):
            with at(kind.code):
                remove_request_kind(request_kind_id=kind.pk, actor=actor)


class Steps:
    """The steps of a version; each holds what differs from an empty step."""

    def read(self, value: Any, place: Place, report: Report) -> Any:
        found = ListOf(Anything(), most=20).read(value, place, report)
        return [
            self._step(step, (*place, str(number)), report)
            for number, step in enumerate(found, start=1)
        ]

    def _step(self, value: Any, place: Place, report: Report) -> Any:
        read: dict[str, Any] = STEP.read(value, place, report)
        return {name: item for name, item in read.items() if item != STEP.defaults.get(name)}


class Version:
    """What is published or drafted, or nothing."""

    def read(self, value: Any, place: Place, report: Report) -> Any:
        return None if value is None else VERSION.read(value, place, report)


STEP = Record(
    {
        **{name: Text(60, blank=True) for name in ("name_zh", "name_en")},
        "roles": ListOf(Text(40), most=20),
        "where": Text(10),
        "right": Text(80, blank=True),
        "manager_levels": Anything(),
        "people": ListOf(Text(254), most=20),
        "needs_all": Flag(),
        "condition": Text(500, blank=True),
        "limit_count": Anything(),
        "limit_unit": Text(10),
        "remind_count": Anything(),
        "escalation": Text(10),
        "escalate_role": Text(40, blank=True),
        "escalate_person": Text(254, blank=True),
        "submitter_may_approve": Flag(),
        "skip_if_nobody": Flag(),
        "decides_up_to": Text(20, blank=True),
    },
    {
        **{
            field.name: list(field.default) if field.name == "roles" else field.default
            for field in fields(Step)
            if field.name not in ("person_ids", "escalate_person_id", "decides_up_to")
        },
        "people": [],
        "escalate_person": "",
        "decides_up_to": "",
    },
)
VERSION = Record({"on_return": OneOf(OnReturn.values), "steps": Steps()}, {"on_return": "RESTART"})
FLOW = Record(
    {**NAMES, "published": Version(), "draft": Version()},
    {"name_en": "", "published": None, "draft": None},
)


@dataclass(frozen=True)
class Names:
    """How people stand in the file, and who they are."""

    emails: Mapping[int, str]
    people: Mapping[str, int]

    @classmethod
    def read(cls) -> Names:
        people = {email: staff.pk for email, staff in organisation.staff_by_email().items()}
        return cls({pk: email for email, pk in people.items()}, people)

    def email_of(self, staff_id: str) -> str:
        """The address; whoever has left keeps her number."""
        return self.emails.get(int(staff_id), staff_id) if staff_id.isdigit() else staff_id

    def id_of(self, email: str) -> str:
        return str(self.people.get(email, email))


class Flows(Part):
    """By kind and part of the group: what holds, and what is drafted."""

    name = "approval_flows"
    label = _("Approval flows")
    after = ("roles", "regions", "request_kinds")
    shape = MapOf(MapOf(FLOW, key=Text(300)), key=Text(60))

    def export(self) -> Any:
        names = Names.read()
        found: dict[str, Any] = {}
        for flow in ApprovalFlow.objects.select_related("store", "region"):
            published, draft = published_of(flow), draft_of(flow)
            if published is None and draft is None:
                continue
            found.setdefault(flow.kind, {})[_key_of(flow)] = {
                "name_zh": flow.name_zh,
                "name_en": flow.name_en,
                "published": _told(published, flow.kind, names),
                "draft": _told(draft, flow.kind, names),
            }
        return _sorted(found)

    def read(self, raw: Any, report: Report) -> Any:
        data = super().read(raw, report)
        return _sorted(data)

    def check(self, data: Any, report: Report) -> None:
        names = Names.read()
        for kind_code, flows in data.items():
            kind = _kind(kind_code, report)
            if kind is None:
                report.problem((self.name, kind_code), _t("There is no such kind of request."))
                continue
            for key, flow in flows.items():
                place = (self.name, kind_code, key)
                _check_place(key, place, report)
                if flow["published"] is None and flow["draft"] is None:
                    report.problem(place, _t("A flow is published, drafted, or both."))
                for version in ("published", "draft"):
                    steps = flow[version]["steps"] if flow[version] else []
                    if version == "published" and flow[version] and not steps:
                        report.problem((*place, version), _t("A flow needs at least one step."))
                    for number, step in enumerate(steps, start=1):
                        below = (*place, version, "steps", str(number))
                        _check_step(step, kind, names, below, report)

    def apply(self, data: Any, actor: Actor) -> None:
        names = Names.read()
        present = {(flow.kind, _key_of(flow)): flow for flow in _present()}
        for kind, flows in data.items():
            for key, wanted in flows.items():
                with at(kind, key):
                    flow = present.get((kind, key)) or actions.add_flow(
                        kind=kind,
                        name_zh=wanted["name_zh"],
                        name_en=wanted["name_en"],
                        actor=actor,
                        **_place_of(key),
                    )
                    _bring(flow, wanted, names, actor)

    def prune(self, data: Any, actor: Actor) -> None:
        for flow in _present():
            if _key_of(flow) not in data.get(flow.kind, {}):
                with at(flow.kind, _key_of(flow)):
                    discard_flow(flow_id=flow.pk, actor=actor)


def _present() -> list[ApprovalFlow]:
    rows = ApprovalFlow.objects.select_related("store", "region")
    return [flow for flow in rows if draft_of(flow) or published_of(flow)]


def _bring(flow: ApprovalFlow, wanted: Mapping[str, Any], names: Names, actor: Actor) -> None:
    """Make a flow's name, what is published and what is drafted those of the file."""
    rename_flow(flow_id=flow.pk, name_zh=wanted["name_zh"], name_en=wanted["name_en"], actor=actor)
    present = _told(published_of(flow), flow.kind, names)
    if wanted["published"] is None and present is not None:
        retire_flow(flow_id=flow.pk, actor=actor)
    elif wanted["published"] != present:
        _draft(flow, wanted["published"], names, actor)
        publish_flow(flow_id=flow.pk, actor=actor)
    if wanted["draft"] is None:
        discard_draft(flow_id=flow.pk, actor=actor)
    elif wanted["draft"] != _told(draft_of(flow), flow.kind, names):
        _draft(flow, wanted["draft"], names, actor)


def _draft(flow: ApprovalFlow, version: Mapping[str, Any], names: Names, actor: Actor) -> None:
    kind = subjects.find(flow.kind) or subjects.own_kind(flow.kind, "")
    replace_draft(
        flow_id=flow.pk,
        steps=[_kept(step, kind, names) for step in version["steps"]],
        on_return=version["on_return"],
        actor=actor,
    )


def _told(version: FlowVersion | None, kind_code: str, names: Names) -> dict[str, Any] | None:
    """A version as the file has it."""
    if version is None:
        return None
    kind = subjects.find(kind_code) or subjects.own_kind(kind_code, "")
    steps = [_step_told(step.to_json(), kind, names) for step in version.steps_in_order]
    return {"on_return": str(version.on_return), "steps": steps}


def _step_told(step: Mapping[str, Any], kind: SubjectKind, names: Names) -> dict[str, Any]:
    told = dict(step)
    people = [names.emails[pk] for pk in told.pop("person_ids", []) if pk in names.emails]
    person = names.emails.get(told.pop("escalate_person_id", None) or 0, "")
    if "condition" in told:
        told["condition"] = with_people(told["condition"], kind.every_field, names.email_of)
    told |= {"people": people, "escalate_person": person}
    return {
        name: str(told[name])
        if isinstance(told[name], Decimal) or name in ("where", "limit_unit", "escalation")
        else told[name]
        for name in STEP.fields
        if name in told and told[name] != STEP.defaults.get(name)
    }


def _kept(step: Mapping[str, Any], kind: SubjectKind, names: Names) -> dict[str, Any]:
    """A step of the file as the action reads it."""
    kept = dict(step)
    people, person = kept.pop("people", []), kept.pop("escalate_person", "")
    kept["person_ids"] = [names.people[email] for email in people if email in names.people]
    kept["escalate_person_id"] = names.people.get(person) if person else None
    if kept.get("condition"):
        kept["condition"] = with_people(kept["condition"], kind.every_field, names.id_of)
    return kept


def _check_step(
    step: Mapping[str, Any], kind: SubjectKind, names: Names, place: Place, report: Report
) -> None:
    for name in ("people", "escalate_person"):
        given = step.get(name, [])
        for email in [given] if isinstance(given, str) else given:
            if email not in names.people:
                report.problem(
                    (*place, name),
                    _t("Nobody here has the address “%(email)s”.") % {"email": email},
                )
    roles = report.data_of("roles")
    for code in [*step.get("roles", []), *filter(None, [step.get("escalate_role")])]:
        if code not in roles and code not in _roles_kept():
            report.problem((*place, "roles"), _t("There is no role “%(code)s”.") % {"code": code})
    if step.get("right") and step["right"] not in all_permissions():
        report.problem(
            (*place, "right"), _t("There is no right “%(name)s”.") % {"name": step["right"]}
        )
    try:
        read = read_step(_kept(step, kind, names))
        require_step(read, kind.every_field, has_amount=kind.has_amount)
    except Invalid as refusal:
        report.problem((*place, refusal.field) if refusal.field else place, refusal.message)


def _roles_kept() -> set[str]:
    """Roles that the part of roles leaves out, such as the owner's."""
    return {role.code for role in organisation.list_roles() if role.is_built_in}


def _kind(code: str, report: Report) -> SubjectKind | None:
    if code.startswith(subjects.OWN):
        is_there = code.removeprefix(subjects.OWN) in report.data_of("request_kinds")
        return subjects.own_kind(code, "") if is_there else None
    return subjects.find(code)


# --- Places -------------------------------------------------------------------------------------


def _key_of(flow: ApprovalFlow) -> str:
    """``group``, or ``store SH01``, ``region 华东``, ``brand BYD``, or several with a +."""
    parts = [
        f"store {flow.store.code}" if flow.store else "",
        f"region {flow.region.name_zh}" if flow.region else "",
        f"brand {flow.brand}" if flow.brand else "",
    ]
    return " + ".join(part for part in parts if part) or GROUP


def _parts_of(key: str) -> Iterator[tuple[str, str]]:
    for part in key.split(" + ") if key != GROUP else ():
        word, _space, name = part.partition(" ")
        yield word, name


def _check_place(key: str, place: Place, report: Report) -> None:
    known: dict[str, Callable[[str], bool]] = {
        "store": lambda code: code in organisation.stores_by_code(),
        "region": lambda name: name in report.data_of("regions"),
        "brand": lambda name: 0 < len(name) <= 60,
    }
    for word, name in _parts_of(key):
        if word not in known or not known[word](name):
            report.problem(
                place, _t("There is no such part of the group: %(name)s.") % {"name": key}
            )


def _place_of(key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, name in _parts_of(key):
        if word == "store":
            found["store_id"] = organisation.stores_by_code()[name].pk
        elif word == "region":
            found["region_id"] = organisation.list_regions().get(name_zh=name).pk
        else:
            found["brand"] = name
    return found


def _sorted(found: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        kind: {key: flows[key] for key in sorted(flows)} for kind, flows in sorted(found.items())
    }


register(RequestKinds())
register(Flows())
