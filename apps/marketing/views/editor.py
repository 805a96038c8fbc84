"""The editor of conditions: what stands in its fields, row by row, and what each row offers.

The fields are ``b0-match``, ``b0-c0-fact``, ``b0-c0-op`` and ``b0-c0-value`` (several where the
operator takes several), so the whole editor is read from any post of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.crm.facts import Fact, Kind
from apps.marketing.errors import ConditionInvalid
from apps.marketing.rules.conditions import (
    COUNTED_IN_DAYS,
    MOST_BLOCKS,
    MOST_CONDITIONS,
    OPERATORS,
    WITH_MANY,
    WITH_TWO,
    WITHOUT_VALUE,
    Match,
    Op,
)
from forecourt.kernel.access import Actor

FIELD = re.compile(r"^b(\d{1,2})-(?:(match)|c(\d{1,2})-(fact|op|value))$")
COMMAND = re.compile(r"^(add|drop|drop_block|block)(?::(\d{1,2}))?(?::(\d{1,2}))?$")

Data = dict[str, Any]


def data_from(post: QueryDict) -> Data:
    """The conditions as the fields have them, unchecked, in the form that is kept."""
    found: dict[int, dict[int, Data]] = {}
    matches: dict[int, str] = {}
    for name in post:
        fits = FIELD.match(name)
        if fits is None:
            continue
        block = int(fits[1])
        rows = found.setdefault(block, {})
        if fits[2]:
            matches[block] = post[name]
            continue
        row = rows.setdefault(int(fits[3]), {"fact": "", "op": "", "values": []})
        if fits[4] == "value":
            row["values"] = post.getlist(name)
        else:
            row[fits[4]] = post[name]
    return {
        "match": post.get("match", Match.ALL),
        "blocks": [
            {
                "match": matches.get(block, Match.ALL),
                "conditions": [found[block][row] for row in sorted(found[block])],
            }
            for block in sorted(found)
        ],
    }


def after_command(data: Data, command: str) -> Data:
    """The conditions with a row or group more or less; an unknown command changes nothing."""
    fits = COMMAND.match(command)
    blocks = data["blocks"]
    if fits is None:
        return data
    word, block, row = fits[1], int(fits[2] or 0), int(fits[3] or 0)
    if word == "block" and len(blocks) < MOST_BLOCKS:
        blocks.append({"match": Match.ALL, "conditions": [_begun()]})
    elif word == "add" and block < len(blocks):
        if len(blocks[block]["conditions"]) < MOST_CONDITIONS:
            blocks[block]["conditions"].append(_begun())
    elif word == "drop" and block < len(blocks):
        del blocks[block]["conditions"][row : row + 1]
        if not blocks[block]["conditions"]:
            del blocks[block]
    elif word == "drop_block":
        del blocks[block : block + 1]
    return data


def _begun() -> Data:
    return {"fact": "", "op": "", "values": []}


@dataclass(frozen=True)
class Row:
    """One condition as the editor shows it."""

    place: str
    fact: str
    op: str
    values: list[str]
    kind: str
    operators: list[tuple[str, Any]]
    choices: list[tuple[str, Any]]
    label: str = ""
    unit: Any = ""
    error: str = ""

    @property
    def low(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def high(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""


@dataclass(frozen=True)
class Group:
    place: str
    number: int
    match: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Editor:
    """All that the template needs."""

    match: str
    groups: list[Group]
    facts: list[tuple[Any, list[Fact]]]
    matches: list[tuple[str, Any]]


def editor(
    data: Data, facts: Mapping[str, Fact], actor: Actor, *, refusal: ConditionInvalid | None = None
) -> Editor:
    """The editor with its fields filled in, and the refusal beside the row that it is about."""
    groups = []
    for block, kept in enumerate(data.get("blocks", ())):
        rows = [
            _row(row, f"b{block}-c{number}", facts, actor, _error(refusal, block, number))
            for number, row in enumerate(kept["conditions"])
        ]
        groups.append(Group(f"b{block}", block, str(kept.get("match", Match.ALL)), rows))
    by_heading = [
        (heading, list(members))
        for heading, members in groupby(facts.values(), key=lambda fact: str(fact.of))
    ]
    return Editor(str(data.get("match", Match.ALL)), groups, by_heading, list(Match.choices))


def _error(refusal: ConditionInvalid | None, block: int, number: int) -> str:
    return refusal.message if refusal is not None and refusal.place == (block, number) else ""


def _row(kept: Data, place: str, facts: Mapping[str, Fact], actor: Actor, error: str) -> Row:
    fact = facts.get(str(kept.get("fact", "")))
    values = [str(value) for value in kept.get("values", ())]
    if fact is None:
        return Row(place, "", "", values, "none", [], [], error=error)
    operators = OPERATORS[fact.kind]
    asked = str(kept.get("op", ""))
    op = Op(asked) if asked in {each.value for each in operators} else operators[0]
    return Row(
        place=place,
        fact=fact.code,
        op=op.value,
        values=values,
        kind=_kind(fact, op),
        operators=[(each.value, each.label) for each in operators],
        choices=_choices(fact, op, values, actor),
        label=_("Value of “%(fact)s”") % {"fact": fact.label},
        unit=_("days") if op in COUNTED_IN_DAYS else fact.unit,
        error=error,
    )


def _kind(fact: Fact, op: Op) -> str:
    """Which field the value is written in."""
    if op in WITHOUT_VALUE:
        return "none"
    if op in WITH_MANY or op == Op.MONTH:
        return "many" if op in WITH_MANY else "one"
    if op in COUNTED_IN_DAYS:
        return "number"
    plain = {Kind.NUMBER: "number", Kind.DATE: "date"}.get(fact.kind, "text")
    return f"two_{plain}s" if op in WITH_TWO else plain


def _choices(fact: Fact, op: Op, values: list[str], actor: Actor) -> list[tuple[str, Any]]:
    if op == Op.MONTH:
        return [(str(month), _("month %(number)s") % {"number": month}) for month in range(1, 13)]
    if op not in WITH_MANY or fact.choices is None:
        return []
    offered = [(str(value), label) for value, label in fact.choices(actor)]
    known = {value for value, _label in offered}
    # What one may not choose oneself (another's store) stays chosen.
    return offered + [(value, f"#{value}") for value in values if value not in known]
