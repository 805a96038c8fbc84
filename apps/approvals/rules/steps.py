"""A step of a flow: who is asked, when it applies, how long it may take, what happens then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.approvals.rules import conditions
from apps.approvals.rules.fields import Fields
from forecourt.kernel.errors import Invalid
from forecourt.kernel.language import in_active_language

MAX_STEPS = 20
MAX_PEOPLE = 20
MAX_LEVELS = 5
LONGEST_HOURS = 720
LONGEST_DAYS = 90
LARGEST_AMOUNT = Decimal("999999999999.99")


class Where(TextChoices):
    """Within which part of the group a role is looked for."""

    STORE = "STORE", _("of the store")
    REGION = "REGION", _("of the region")
    GROUP = "GROUP", _("of the whole group")


class LimitUnit(TextChoices):
    HOURS = "HOURS", _("business hours")
    DAYS = "DAYS", _("business days")


class Escalation(TextChoices):
    """What happens when the time limit passes."""

    NONE = "NONE", _("it is only marked as late")
    MANAGER = "MANAGER", _("the approver's manager is asked as well")
    ROLE = "ROLE", _("a role is asked as well")
    PERSON = "PERSON", _("a named person is asked as well")
    REJECT = "REJECT", _("the request is rejected")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Several ways of naming people add up; ``needs_all`` asks all of them.

    ``decides_up_to`` is an authority: whoever passes the step decides alone up to that amount,
    and the steps that follow are not needed.
    """

    name_zh: str = ""
    name_en: str = ""
    roles: tuple[str, ...] = ()
    where: str = Where.STORE
    right: str = ""
    manager_levels: int = 0
    person_ids: tuple[int, ...] = ()
    needs_all: bool = False
    condition: str = ""
    limit_count: int = 0
    limit_unit: str = LimitUnit.HOURS
    remind_count: int = 0
    escalation: str = Escalation.NONE
    escalate_role: str = ""
    escalate_person_id: int | None = None
    submitter_may_approve: bool = False
    skip_if_nobody: bool = False
    decides_up_to: Decimal | None = None

    @property
    def name(self) -> str:
        return in_active_language(self.name_zh, self.name_en)

    def length(self, count: int, day: timedelta) -> timedelta:
        """So many of the limit's units as open time; ``day`` is how long a store is open."""
        return count * (day if self.limit_unit == LimitUnit.DAYS else timedelta(hours=1))

    def to_json(self) -> dict[str, Any]:
        """What differs from an empty step, in values that JSON can hold."""
        empty = asdict(Step())
        return {
            name: str(value) if isinstance(value, Decimal) else _listed(value)
            for name, value in asdict(self).items()
            if value != empty[name]
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Step:
        """The step as it was kept. Names that this release does not know are left out."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        for name in ("roles", "person_ids"):
            if name in values:
                values[name] = tuple(values[name])
        if values.get("decides_up_to") is not None:
            values["decides_up_to"] = Decimal(values["decides_up_to"])
        return cls(**values)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def steps_from(data: Sequence[Mapping[str, Any]]) -> list[Step]:
    return [Step.from_json(item) for item in data]


def read_step(data: Mapping[str, Any]) -> Step:
    """A step from what a program sent. Raises Invalid, naming the field."""
    unknown = sorted(set(data) - {field.name for field in fields(Step)})
    if unknown:
        raise Invalid(_t("There is no such field: %(name)s.") % {"name": unknown[0][:60]})
    for name, value in data.items():
        _require_type(name, value)
    try:
        step = Step.from_json(data)
    except InvalidOperation as error:
        raise Invalid(_t("This is no amount."), field="decides_up_to") from error
    return replace(step, condition=step.condition.strip())


_NUMBERS = ("manager_levels", "limit_count", "remind_count")
_SWITCHES = ("needs_all", "submitter_may_approve", "skip_if_nobody")


def _require_type(name: str, value: Any) -> None:
    if name in _NUMBERS:
        is_right = isinstance(value, int) and not isinstance(value, bool)
    elif name in _SWITCHES:
        is_right = isinstance(value, bool)
    elif name == "roles":
        is_right = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
    elif name == "person_ids":
        is_right = isinstance(value, list | tuple) and all(_is_id(item) for item in value)
    elif name == "escalate_person_id":
        is_right = value is None or _is_id(value)
    elif name == "decides_up_to":
        is_right = value is None or isinstance(value, str | int | Decimal)
    else:
        is_right = isinstance(value, str)
    if not is_right:
        raise Invalid(_t("This value is of the wrong kind."), field=name)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def require_step(step: Step, fields: Fields, *, has_amount: bool) -> None:
    """Raises Invalid beside the field that is wrong."""
    if not (step.roles or step.right or step.manager_levels or step.person_ids):
        raise Invalid(_t("Say who is asked."), field="roles")
    if step.where not in Where.values:
        raise Invalid(_t("Choose one of the values offered."), field="where")
    if not 0 <= step.manager_levels <= MAX_LEVELS:
        raise Invalid(
            _t("At most %(count)s levels up.") % {"count": MAX_LEVELS}, field="manager_levels"
        )
    if len(step.person_ids) > MAX_PEOPLE or len(step.roles) > MAX_PEOPLE:
        raise Invalid(_t("Name at most %(count)s.") % {"count": MAX_PEOPLE}, field="person_ids")
    if max(len(step.name_zh), len(step.name_en)) > 60:
        raise Invalid(_t("A step's name has at most 60 characters."), field="name_zh")
    if step.condition:
        conditions.require_valid(step.condition, fields)
    _require_times(step)
    _require_escalation(step)
    if step.decides_up_to is not None:
        _require_authority(step.decides_up_to, has_amount)


def _require_times(step: Step) -> None:
    if step.limit_unit not in LimitUnit.values:
        raise Invalid(_t("Choose one of the values offered."), field="limit_unit")
    longest = LONGEST_DAYS if step.limit_unit == LimitUnit.DAYS else LONGEST_HOURS
    if not 0 <= step.limit_count <= longest:
        raise Invalid(
            _t("A time limit is at most %(count)s.") % {"count": longest}, field="limit_count"
        )
    if step.remind_count and not 0 < step.remind_count < (step.limit_count or longest + 1):
        raise Invalid(_t("The reminder comes before the time limit."), field="remind_count")


def _require_escalation(step: Step) -> None:
    if step.escalation not in Escalation.values:
        raise Invalid(_t("Choose one of the values offered."), field="escalation")
    if step.escalation != Escalation.NONE and not step.limit_count:
        raise Invalid(_t("Say after which time."), field="limit_count")
    if step.escalation == Escalation.ROLE and not step.escalate_role:
        raise Invalid(_t("Choose the role."), field="escalate_role")
    if step.escalation == Escalation.PERSON and not step.escalate_person_id:
        raise Invalid(_t("Choose the person."), field="escalate_person_id")


def _require_authority(amount: Decimal, has_amount: bool) -> None:
    if not has_amount:
        raise Invalid(_t("Such requests have no amount."), field="decides_up_to")
    if not (amount.is_finite() and 0 < amount <= LARGEST_AMOUNT):
        raise Invalid(_t("This is no amount."), field="decides_up_to")


def require_steps(steps: Sequence[Step]) -> None:
    """Raises Invalid unless a flow of these steps can be published."""
    if not steps:
        raise Invalid(_t("A flow needs at least one step."), field="steps")
    if len(steps) > MAX_STEPS:
        raise Invalid(
            _t("A flow has at most %(count)s steps.") % {"count": MAX_STEPS}, field="steps"
        )


def moved(steps: Sequence[Step], *, index: int, to: int) -> list[Step]:
    """The steps with one of them at another place. Raises Invalid for places that are not there."""
    if not (0 <= index < len(steps) and 0 <= to < len(steps)):
        raise Invalid(_t("There is no such step."))
    order = list(steps)
    order.insert(to, order.pop(index))
    return order
