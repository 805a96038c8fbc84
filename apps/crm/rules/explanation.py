"""Why a lead went where it went, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.crm.rules.assignment import Strategy

REGION_MATCHES = {
    3: lambda: _("in the customer's district"),
    2: lambda: _("in the customer's city"),
    1: lambda: _("in the customer's province"),
}

IN_SHORT = {
    "rule": lambda: _("By a rule"),
    "owner": lambda: _("The customer's owner"),
    "chosen": lambda: _("Chosen by hand"),
    "turn": lambda: _("Whose turn it was"),
    "claimed": lambda: _("Claimed"),
    "reassigned": lambda: _("Given to somebody else"),
}


def in_short(how: str) -> str:
    """How a lead came to its owner, in a word or two; a code that has none speaks for itself."""
    return IN_SHORT[how]() if how in IN_SHORT else how


def explain(assignment: Mapping[str, Any], *, stores: Mapping[int, str]) -> list[str]:
    """One sentence per step of the decision; ``stores`` names stores by id."""
    how = assignment.get("how", "")
    if how in ("rule", "nobody"):
        return _by_rule(assignment, stores)
    sentences = {
        "owner": lambda: (
            _(
                "The customer already has this owner, who is protected for %(days)s days after the "
                "last contact."
            )
            % {"days": assignment.get("days")}
        ),
        "chosen": lambda: _("%(by)s chose this person.") % {"by": assignment.get("by", "")},
        "turn": lambda: _("The customer came to the store, and it was this person's turn."),
        "returned": lambda: (
            _("%(name)s did not answer in time, so it waits for everybody.")
            % {"name": assignment.get("name", "")}
        ),
        "pooled": lambda: (
            _("%(name)s has not contacted the customer for too long, so others may claim her.")
            % {"name": assignment.get("name", "")}
        ),
        "claimed": lambda: _("Claimed from the waiting leads."),
        "reassigned": lambda: (
            _("Given by %(by)s: %(reason)s")
            % {"by": assignment.get("by", ""), "reason": assignment.get("reason", "")}
        ),
        "no_rule": lambda: _("No rule applies to this lead."),
    }
    lines = [sentences[how]()] if how in sentences else []
    clash = assignment.get("clash")
    if clash:
        lines.append(
            _("Clash of owners: brought in by %(who)s, the owner keeps her.")
            % {"who": name_of_rival(clash)}
        )
    return lines


def name_of_rival(clash: Mapping[str, Any]) -> str:
    """Who else brought the customer in, and for which store."""
    return " · ".join(filter(None, (clash.get("name"), clash.get("store"))))


def _by_rule(assignment: Mapping[str, Any], stores: Mapping[int, str]) -> list[str]:
    rule = assignment.get("rule", {})
    lines = [_("Rule: %(rule)s") % {"rule": rule.get("name", "")}]
    names = ", ".join(stores[id_] for id_ in assignment.get("store_ids", ()) if id_ in stores)
    match = REGION_MATCHES.get(assignment.get("region_match", 0))
    if names and match is not None:
        lines.append(_("Closest: %(stores)s, %(where)s") % {"stores": names, "where": match()})
    elif names:
        lines.append(_("Stores: %(stores)s") % {"stores": names})
    count = assignment.get("candidate_count", 0)
    full = assignment.get("full_count", 0)
    if assignment["how"] == "nobody":
        lines.append(
            _("All %(count)s sales advisors there have as many open leads as they may.")
            % {"count": count}
            if count
            else _("No sales advisor works there.")
        )
        return lines
    lines.append(
        _("%(free)s of %(count)s sales advisors could take it.")
        % {"free": count - full, "count": count}
    )
    rows = assignment.get("candidates") or [{}]
    lines.append(_turn(assignment.get("strategy", ""), rows[0]))
    return lines


def _turn(strategy: str, chosen: Mapping[str, Any]) -> str:
    name = chosen.get("name", "")
    if strategy == Strategy.FEWEST_OPEN:
        return _("%(name)s had the fewest open leads: %(open)s.") % {
            "name": name,
            "open": chosen.get("open", 0),
        }
    if strategy == Strategy.REGION:
        return _("Nobody closer to the customer could take it; it was %(name)s's turn.") % {
            "name": name
        }
    if strategy == Strategy.ROUND_ROBIN:
        return _("It was %(name)s's turn.") % {"name": name}
    return _("By won rate %(share)s%% of the leads are %(name)s's, whose turn it was.") % {
        "name": name,
        "share": number_format(100 * chosen.get("share", 0), decimal_pos=1),
    }
