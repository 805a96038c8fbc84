"""How the platform's log and sizes read."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.plans import GIGABYTE
from forecourt.operators.logbook import VERBS
from forecourt.operators.models import Operator, PlatformEntry
from forecourt.ui.details import TimelineEntry
from forecourt.ui.values import number
from tenants.forms import countries

register = template.Library()

FACTS = {
    "days": lambda value: _("%(days)s days") % {"days": value},
    "until": lambda value: _("until %(day)s") % {"day": value},
    "address": lambda value: _("new address %(address)s") % {"address": value},
    "size": lambda value: _("%(count)s spaces") % {"count": value},
    "role": lambda value: str(dict(Operator.Role.choices).get(value, value)),
}


PARTS = {
    "database": gettext_lazy("Database"),
    "migrations": gettext_lazy("Tables up to date"),
    "cache": gettext_lazy("Cache"),
    "broker": gettext_lazy("Message broker"),
    "master_key": gettext_lazy("Master key"),
    "files": gettext_lazy("File store"),
}
"""The parts that readiness tells of; one that is not named here is shown by its own name."""


@register.filter
def part_label(name: str) -> str:
    return str(PARTS.get(name, name))


@register.filter
def timeline(entries: Iterable[PlatformEntry]) -> list[TimelineEntry]:
    """The log for ``<c-timeline>``."""
    found = []
    for entry in entries:
        title, icon, tone = VERBS.get(entry.action, (entry.action, "point", "neutral"))
        said = [entry.subject, facts(entry), entry.reason]
        found.append(
            TimelineEntry(
                entry.happened_at,
                title,
                who=entry.operator_name,
                text="\n".join(text for text in said if text),
                icon=icon,
                tone=tone,
            )
        )
    return found


@register.filter
def verb(entry: PlatformEntry) -> Any:
    """What was done, as people say it."""
    return VERBS[entry.action][0] if entry.action in VERBS else entry.action


@register.filter
def facts(entry: PlatformEntry) -> str:
    """What belongs to the act, in words."""
    return " · ".join(say(entry.facts[name]) for name, say in FACTS.items() if name in entry.facts)


@register.filter
def country_name(code: str) -> str:
    return dict(countries()).get(code, code)


@register.filter
def gigabytes(amount: int | str) -> str:
    """Empty for a group that has not told yet."""
    return "" if not isinstance(amount, int) else f"{number(Decimal(amount) / GIGABYTE, 1)} GB"
