"""Steps in plain language, as those read them who have never seen a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.approvals.rules.comparisons import in_words
from apps.approvals.rules.fields import Fields
from apps.approvals.rules.steps import Escalation, LimitUnit, Step, Where


@dataclass(frozen=True, slots=True)
class Names:
    """What roles (by code), rights and people (by id) are called."""

    roles: Mapping[str, str] = field(default_factory=dict)
    rights: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[int, str] = field(default_factory=dict)


def when(step: Step, fields: Fields) -> str:
    """``If Vehicles over 3``, or ``Always``."""
    if not step.condition:
        return _("Always")
    return _("If %(condition)s") % {"condition": in_words(step.condition, fields)}


def who(step: Step, names: Names) -> str:
    """``any one of: Sales manager of the store, 张伟``."""
    asked = [
        *[_role(code, step.where, names) for code in step.roles],
        *([_right(step.right, names)] if step.right else []),
        *([manager(step.manager_levels)] if step.manager_levels else []),
        *[names.people.get(pk, _("somebody who is not there")) for pk in step.person_ids],
    ]
    people = _(", ").join(asked)
    if step.needs_all:
        return _("all of: %(people)s") % {"people": people}
    return _("any one of: %(people)s") % {"people": people}


def _role(code: str, where: str, names: Names) -> str:
    texts = {
        Where.STORE: _("%(role)s of the store"),
        Where.REGION: _("%(role)s of the region"),
        Where.GROUP: _("%(role)s of the whole group"),
    }
    return texts[Where(where)] % {"role": names.roles.get(code, code)}


def _right(code: str, names: Names) -> str:
    return _("whoever holds the right “%(right)s” for the store") % {
        "right": names.rights.get(code, code)
    }


def manager(levels: int) -> str:
    if levels == 1:
        return _("the submitter's manager")
    return _("the manager %(count)s levels above the submitter") % {"count": levels}


def how_long(step: Step, names: Names) -> str:
    """``within 4 business hours, reminded after 2; otherwise …``; empty where there is no limit."""
    parts = []
    if step.limit_count:
        parts.append(_("within %(time)s") % {"time": length(step.limit_count, step.limit_unit)})
    if step.remind_count:
        parts.append(
            _("reminded after %(time)s") % {"time": length(step.remind_count, step.limit_unit)}
        )
    if step.limit_count:
        parts.append(_("afterwards %(what)s") % {"what": _escalation(step, names)})
    return _(", ").join(parts)


def in_short(steps: Sequence[Mapping[str, Any]]) -> str:
    """Steps as they were kept, for the history: ``1. Sales manager (amount > 5000); 2. …``."""
    return "; ".join(
        f"{number}. {_in_short(Step.from_json(data), number)}"
        for number, data in enumerate(steps, start=1)
    )


def _in_short(step: Step, number: int) -> str:
    name = step.name or _("Step %(number)s") % {"number": number}
    return f"{name} ({step.condition})" if step.condition else name


def length(count: int, unit: str) -> str:
    if unit == LimitUnit.DAYS:
        return ngettext("%(count)s business day", "%(count)s business days", count) % {
            "count": count
        }
    return ngettext("%(count)s business hour", "%(count)s business hours", count) % {"count": count}


def _escalation(step: Step, names: Names) -> str:
    if step.escalation == Escalation.ROLE:
        role = names.roles.get(step.escalate_role, step.escalate_role)
        return _("%(who)s is asked as well") % {"who": role}
    if step.escalation == Escalation.PERSON:
        person = names.people.get(step.escalate_person_id or 0, _("somebody who is not there"))
        return _("%(who)s is asked as well") % {"who": person}
    return str(Escalation(step.escalation).label)


def notes(step: Step) -> list[str]:
    """What else is special about a step."""
    found = []
    if step.decides_up_to is not None:
        amount = number_format(step.decides_up_to, use_l10n=True, force_grouping=True)
        found.append(_("Decides alone up to %(amount)s") % {"amount": amount})
    if step.submitter_may_approve:
        found.append(_("The submitter may be the approver"))
    if step.skip_if_nobody:
        found.append(_("Left out if nobody is found"))
    return found
