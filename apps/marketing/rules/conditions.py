"""Conditions on customers: what can be asked of which kind of fact, and how it is kept as JSON.

A filter is blocks of conditions: all blocks, or any of them, must hold; within a block likewise.
Without any condition it holds for everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.facts import Fact, Kind
from apps.marketing.errors import ConditionInvalid

MOST_BLOCKS, MOST_CONDITIONS, MOST_VALUES = 10, 20, 200
LONGEST_TEXT = 100
MOST_DAYS = 36_500
LARGEST = Decimal(10) ** 12


class Match(TextChoices):
    ALL = "ALL", _("all of these")
    ANY = "ANY", _("any of these")


class Op(TextChoices):
    CONTAINS = "CONTAINS", _("contains")
    IS = "IS", pgettext_lazy("condition", "is")
    IS_NOT = "IS_NOT", _("is not")
    AT_LEAST = "AT_LEAST", _("is at least")
    AT_MOST = "AT_MOST", _("is at most")
    BETWEEN = "BETWEEN", _("is between")
    ON_OR_AFTER = "ON_OR_AFTER", _("is on or after")
    ON_OR_BEFORE = "ON_OR_BEFORE", _("is on or before")
    WITHIN_LAST = "WITHIN_LAST", _("was in the last … days")
    LONGER_AGO = "LONGER_AGO", _("was more than … days ago")
    WITHIN_NEXT = "WITHIN_NEXT", _("is in the next … days")
    MONTH = "MONTH", _("is in the month")
    ANY_OF = "ANY_OF", _("is one of")
    NONE_OF = "NONE_OF", _("is none of")
    YES = "YES", _("yes")
    NO = "NO", _("no")
    SET = "SET", _("is known")
    EMPTY = "EMPTY", _("is not known")


OPERATORS: dict[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (Op.CONTAINS, Op.IS, Op.IS_NOT, Op.SET, Op.EMPTY),
    Kind.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN, Op.SET, Op.EMPTY),
    Kind.DATE: (
        Op.WITHIN_LAST,
        Op.LONGER_AGO,
        Op.WITHIN_NEXT,
        Op.ON_OR_AFTER,
        Op.ON_OR_BEFORE,
        Op.BETWEEN,
        Op.SET,
        Op.EMPTY,
    ),
    Kind.BIRTHDAY: (Op.WITHIN_NEXT, Op.MONTH, Op.SET, Op.EMPTY),
    Kind.CHOICE: (Op.ANY_OF, Op.NONE_OF, Op.SET, Op.EMPTY),
    Kind.YES_NO: (Op.YES, Op.NO),
}
WITHOUT_VALUE = frozenset({Op.YES, Op.NO, Op.SET, Op.EMPTY})
COUNTED_IN_DAYS = frozenset({Op.WITHIN_LAST, Op.LONGER_AGO, Op.WITHIN_NEXT})
WITH_TWO = frozenset({Op.BETWEEN})
WITH_MANY = frozenset({Op.ANY_OF, Op.NONE_OF})


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing asked; ``values`` are texts as they are kept, as many as the operator takes."""

    fact: str
    op: Op
    values: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"fact": self.fact, "op": self.op.value, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Block:
    match: Match = Match.ALL
    conditions: tuple[Condition, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "match": self.match.value,
            "conditions": [condition.as_json() for condition in self.conditions],
        }


@dataclass(frozen=True, slots=True)
class Filter:
    match: Match = Match.ALL
    blocks: tuple[Block, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"match": self.match.value, "blocks": [block.as_json() for block in self.blocks]}

    @property
    def facts(self) -> set[str]:
        return {condition.fact for block in self.blocks for condition in block.conditions}


EVERYBODY = Filter()


def parse(data: Any, facts: Mapping[str, Fact]) -> Filter:
    """A filter from JSON, checked against the facts that may be asked for.

    Blocks without a condition are left out. Raises ConditionInvalid.
    """
    if not isinstance(data, Mapping):
        raise ConditionInvalid(_t("These are no conditions."))
    blocks = data.get("blocks", [])
    if not isinstance(blocks, list) or len(blocks) > MOST_BLOCKS:
        raise ConditionInvalid(_t("At most %(count)s groups.") % {"count": MOST_BLOCKS})
    parsed = tuple(_block(block, index, facts) for index, block in enumerate(blocks))
    return Filter(_match(data.get("match")), tuple(block for block in parsed if block.conditions))


def _match(value: Any) -> Match:
    if value is None:
        return Match.ALL
    if value not in Match.values:
        raise ConditionInvalid(_t("Choose one of the list."))
    return Match(value)


def _block(data: Any, index: int, facts: Mapping[str, Fact]) -> Block:
    if not isinstance(data, Mapping):
        raise ConditionInvalid(_t("These are no conditions."))
    conditions = data.get("conditions", [])
    if not isinstance(conditions, list) or len(conditions) > MOST_CONDITIONS:
        raise ConditionInvalid(
            _t("At most %(count)s conditions in a group.") % {"count": MOST_CONDITIONS}
        )
    return Block(
        _match(data.get("match")),
        tuple(
            condition_of(condition, (index, number), facts)
            for number, condition in enumerate(conditions)
        ),
    )


def condition_of(data: Any, place: tuple[int, int], facts: Mapping[str, Fact]) -> Condition:
    """One condition from JSON. Raises ConditionInvalid with its place."""
    if not isinstance(data, Mapping):
        raise ConditionInvalid(_t("These are no conditions."), place=place)
    fact = facts.get(str(data.get("fact", "")))
    if fact is None:
        raise ConditionInvalid(_t("Choose what to ask for."), place=place)
    op = data.get("op")
    if op not in {each.value for each in OPERATORS[fact.kind]}:
        raise ConditionInvalid(_t("Choose one of the list."), place=place)
    values = data.get("values", [])
    if not isinstance(values, list):
        raise ConditionInvalid(_t("Give a value."), place=place)
    try:
        return Condition(fact.code, Op(op), _values(fact, Op(op), values))
    except ConditionInvalid as refusal:
        raise ConditionInvalid(refusal.message, place=place) from refusal


def _values(fact: Fact, op: Op, raw: list[Any]) -> tuple[str, ...]:
    if op in WITHOUT_VALUE:
        return ()
    texts = [str(value).replace("\x00", "").strip() for value in raw]
    texts = [text for text in texts if text]
    if not texts:
        raise ConditionInvalid(_t("Give a value."))
    if op in WITH_MANY:
        if len(texts) > MOST_VALUES:
            raise ConditionInvalid(_t("At most %(count)s values.") % {"count": MOST_VALUES})
        if fact.is_row and not all(
            text.isascii() and text.isdigit() and len(text) < 19 for text in texts
        ):
            raise ConditionInvalid(_t("Choose one of the list."))
        return tuple(dict.fromkeys(text[:LONGEST_TEXT] for text in texts))
    wanted = 2 if op in WITH_TWO else 1
    if len(texts) < wanted:
        raise ConditionInvalid(_t("Give both ends."))
    read = _reader(fact.kind, op)
    return tuple(read(text) for text in texts[:wanted])


def _reader(kind: Kind, op: Op) -> Callable[[str], str]:
    if op in COUNTED_IN_DAYS:
        return _days
    if op == Op.MONTH:
        return _month
    return {Kind.NUMBER: _number, Kind.DATE: _date}.get(kind, _text)


def _text(text: str) -> str:
    return text[:LONGEST_TEXT]


def _number(text: str) -> str:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise ConditionInvalid(_t("This is no number.")) from error
    if not number.is_finite() or abs(number) > LARGEST:
        raise ConditionInvalid(_t("This is no number."))
    return format(number, "f")


def _whole(text: str, low: int, high: int) -> str:
    if not (text.isascii() and text.isdigit()) or not low <= int(text[:9]) <= high:
        raise ConditionInvalid(
            _t("Give a whole number from %(low)s to %(high)s.") % {"low": low, "high": high}
        )
    return str(int(text))


def _days(text: str) -> str:
    return _whole(text, 0, MOST_DAYS)


def _month(text: str) -> str:
    return _whole(text, 1, 12)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ConditionInvalid(_t("This is no day; write 2026-01-31.")) from error
