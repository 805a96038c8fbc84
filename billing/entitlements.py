"""What a group's plan lets it have: modules and limits, decided here and nowhere else.

The plan's code stands with the group's identity, which every request and task has already, so to
ask costs nothing. What is there already is counted by the module that has it
(:func:`counts`); while it counts, nobody else in the group adds one of the same kind.
"""

import zlib
from collections.abc import Callable, Mapping

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.plans import (
    GIGABYTE,
    MODULES,
    Plan,
    Resource,
    cheapest_for,
    cheapest_with,
    plan_of,
)
from forecourt.kernel.errors import Conflict, DomainError
from forecourt.kernel.files.quota import quota_source
from forecourt.kernel.groups import GroupIdentity, current_group, current_schema, identity_of

Count = Callable[[], int]
_counts: dict[Resource, Count] = {}

LABELS = {
    Resource.STORES: gettext_lazy("Stores"),
    Resource.STAFF: gettext_lazy("Staff"),
    Resource.STORAGE: gettext_lazy("Storage"),
    Resource.API_CALLS: gettext_lazy("API calls a minute"),
    Resource.DOMAINS: gettext_lazy("Domains of your own"),
}


class NotInPlan(DomainError):
    """The plan does not hold this module."""

    code = "not_in_plan"
    status = 402


class LimitReached(Conflict):
    """The plan allows no more of it."""

    code = "plan_limit_reached"


def counts(resource: Resource) -> Callable[[Count], Count]:
    """Decorator: the function says how much of it the group that is entered has."""

    def register(count: Count) -> Count:
        if resource in _counts:
            raise ValueError(f"{resource.value} is counted twice.")
        _counts[resource] = count
        return count

    return register


def used(resource: Resource) -> int | None:
    """How much the group has; None for what is not counted so (API calls)."""
    count = _counts.get(resource)
    return None if count is None else count()


def present_plan() -> Plan:
    """The plan of the group that is entered; all there is on a trial."""
    group = current_group() or identity_of(current_schema())
    return plan_of(group.plan if group else "")


def require_entitled(resource: Resource, *, adding: int = 1) -> None:
    """Raises LimitReached unless the plan has room for so many more.

    Call it in the transaction that adds them, which then holds the group's lock of the resource:
    of two who add the last one at the same moment, one is refused.
    """
    plan = present_plan()
    limit = plan.limit_of(resource)
    if limit is None:
        return
    _lock(resource)
    after = _counts[resource]() + adding
    if after > limit:
        raise LimitReached(_limit_text(plan, resource, limit, after))


def all_used() -> dict[Resource, int]:
    """What the group that is entered has of everything that is counted."""
    return {resource: count() for resource, count in _counts.items()}


def too_small(plan: Plan, present: Mapping[Resource, int]) -> str:
    """Why a plan is too small for what there is (:func:`all_used`); empty when it is not."""
    for resource, limit in plan.limits.items():
        if present.get(resource, 0) > limit:
            return _("%(what)s: you have %(used)s, and %(plan)s allows %(limit)s.") % {
                "what": LABELS[resource],
                "used": present[resource],
                "plan": plan.name,
                "limit": limit,
            }
    return ""


def require_module(group: GroupIdentity, module: str) -> None:
    """Raises NotInPlan, with the plan that has it, unless the group's plan does."""
    plan = plan_of(group.plan)
    if module in plan.modules:
        return
    raise NotInPlan(
        _("“%(module)s” is not part of the plan %(plan)s; it comes with %(better)s.")
        % {
            "module": MODULES[module],
            "plan": plan.name,
            "better": cheapest_with(module).name,
        }
    )


def api_calls_a_minute(group: GroupIdentity) -> int:
    """How many calls of the API the whole group may make a minute; 0 is without a limit."""
    return plan_of(group.plan).limit_of(Resource.API_CALLS) or 0


@quota_source
def storage_quota() -> int | None:
    """Bytes; on a trial what the installation sets."""
    group = current_group() or identity_of(current_schema())
    if group is None or not group.plan:
        return None
    return plan_of(group.plan).limit_of(Resource.STORAGE)


def _lock(resource: Resource) -> None:
    key = zlib.crc32(f"billing:{resource.value}".encode()) - 2**31
    whose = zlib.crc32(current_schema().encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [whose, key])


def _limit_text(plan: Plan, resource: Resource, limit: int, wanted: int) -> str:
    shown = limit // GIGABYTE if resource is Resource.STORAGE else limit
    values = {"plan": plan.name, "limit": shown, "what": LABELS[resource]}
    better = cheapest_for(resource, wanted)
    if better is not None and not limit:
        return _("%(what)s are not part of the plan %(plan)s; they come with %(better)s.") % {
            **values,
            "better": better.name,
        }
    if better is None:
        return _("%(what)s: the plan %(plan)s allows %(limit)s.") % values
    return _("%(what)s: the plan %(plan)s allows %(limit)s; %(better)s allows more.") % {
        **values,
        "better": better.name,
    }
