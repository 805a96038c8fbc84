"""A filter as one statement over the table of customers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import ExtractDay, ExtractMonth

from apps.crm import queries as crm
from apps.crm.facts import Fact, Kind, all_facts
from apps.marketing.rules.anniversaries import marks_within
from apps.marketing.rules.conditions import Block, Condition, Filter, Match, Op
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today

NOTHING = Q(pk__in=())
JOINED = {Match.ALL: and_, Match.ANY: or_}


def customers_matching(wanted: Filter, actor: Actor, *, day: date | None = None) -> QuerySet:
    """The customers whom the actor may see and for whom the filter holds on the day.

    A fact that no module declares any more holds for nobody.
    """
    customers = crm.list_customers(actor).select_related(None).order_by()
    return narrowed(customers, wanted, day=day)


def narrowed(
    customers: QuerySet, wanted: Filter, *, day: date | None = None, prefix: str = "asked"
) -> QuerySet:
    """Those of the customers for whom the filter holds on the day, which is today.

    Whoever narrows a second time gives her own ``prefix`` to what is compared.
    """
    compiler = _Compiler(all_facts(), day or today(), prefix)
    condition = compiler.filter(wanted)
    return customers.alias(**compiler.aliases).filter(condition)


class _Compiler:
    """Turns conditions into Q, and notes the expressions that they compare as aliases."""

    def __init__(self, facts: Mapping[str, Fact], day: date, prefix: str) -> None:
        self.facts, self.day, self.prefix = facts, day, prefix
        self.aliases: dict[str, Any] = {}

    def filter(self, wanted: Filter) -> Q:
        blocks = [self.block(block) for block in wanted.blocks]
        return reduce(JOINED[wanted.match], blocks) if blocks else Q()

    def block(self, block: Block) -> Q:
        return reduce(JOINED[block.match], [self.condition(each) for each in block.conditions])

    def condition(self, condition: Condition) -> Q:
        fact = self.facts.get(condition.fact)
        if fact is None:
            return NOTHING
        if fact.listed:
            return self._listed(fact, condition)
        if fact.among is not None:
            return self._among(fact, condition)
        return self._valued(fact, condition)

    def _alias(self, expression: Any) -> str:
        name = f"{self.prefix}_{len(self.aliases)}"
        self.aliases[name] = expression
        return name

    def _valued(self, fact: Fact, condition: Condition) -> Q:
        assert fact.value is not None
        name = self._alias(fact.value())
        op = condition.op
        if op in (Op.YES, Op.NO):
            return Q(**{name: op == Op.YES})
        if fact.kind == Kind.BIRTHDAY and op in (Op.MONTH, Op.WITHIN_NEXT):
            return self._yearly(name, condition)
        blank = Q(**{f"{name}__isnull": True})
        if fact.kind in (Kind.TEXT, Kind.CHOICE):
            blank |= Q() if fact.is_row else Q(**{f"{name}__exact": ""})
        if op == Op.EMPTY:
            return blank
        if op == Op.SET:
            return ~blank
        asked = self._lookup(name, condition, fact)
        return blank | ~asked if op in (Op.IS_NOT, Op.NONE_OF) else asked

    def _yearly(self, name: str, condition: Condition) -> Q:
        if condition.op == Op.MONTH:
            return Q(**{f"{name}__month": int(condition.values[0])})
        marked = self._alias(ExtractMonth(name) * 100 + ExtractDay(name))
        return Q(**{f"{marked}__in": marks_within(self.day, int(condition.values[0]))})

    def _among(self, fact: Fact, condition: Condition) -> Q:
        assert fact.among is not None
        source, op = fact.among(), condition.op
        rows = source.rows.filter(**{f"{source.customer}__isnull": False}).order_by()
        if op not in (Op.SET, Op.EMPTY):
            rows = rows.filter(self._lookup(source.value, condition, fact))
        found = Q(pk__in=rows.values(source.customer))
        return ~found if op in (Op.EMPTY, Op.NONE_OF, Op.IS_NOT) else found

    def _listed(self, fact: Fact, condition: Condition) -> Q:
        has = Q(custom__has_key=fact.listed)
        if condition.op in (Op.SET, Op.EMPTY):
            return has if condition.op == Op.SET else ~has
        found = reduce(
            or_, [Q(custom__contains={fact.listed: [value]}) for value in condition.values]
        )
        return ~found if condition.op == Op.NONE_OF else found

    def _lookup(self, path: str, condition: Condition, fact: Fact) -> Q:
        """What is compared, without its negation."""
        values, op = condition.values, condition.op
        if fact.spelt is not None:
            return _named(path, condition, fact)
        if op == Op.CONTAINS:
            return Q(**{f"{path}__icontains": values[0]})
        if op in (Op.IS, Op.IS_NOT):
            return Q(**{f"{path}__iexact": values[0]})
        if op in (Op.ANY_OF, Op.NONE_OF):
            return Q(**{f"{path}__in": _kept(values, fact)})
        low, high = self._bounds(condition, fact)
        asked = Q()
        if low is not None:
            asked &= Q(**{f"{path}__gte": low})
        if high is not None:
            asked &= Q(**{f"{path}__lte": high})
        return asked

    def _bounds(self, condition: Condition, fact: Fact) -> tuple[Any, Any]:
        values: tuple[Any, ...] = condition.values
        op = condition.op
        if fact.kind == Kind.NUMBER:
            values = tuple(Decimal(value) for value in values)
        if op == Op.BETWEEN:
            return values[0], values[1]
        if op in (Op.AT_LEAST, Op.ON_OR_AFTER):
            return values[0], None
        if op in (Op.AT_MOST, Op.ON_OR_BEFORE):
            return None, values[0]
        days = timedelta(days=int(values[0]))
        if op == Op.WITHIN_LAST:
            return self.day - days, self.day
        if op == Op.WITHIN_NEXT:
            return self.day, self.day + days
        return None, self.day - days - timedelta(days=1)


def _named(path: str, condition: Condition, fact: Fact) -> Q:
    """A name as it was typed or as it is kept, in a text that may hold several."""
    assert fact.spelt is not None
    typed = condition.values[0]
    names = {typed, fact.spelt(typed)}
    if condition.op == Op.CONTAINS:
        return reduce(or_, [Q(**{f"{path}__icontains": name}) for name in sorted(names)])
    either = "|".join(re.escape(name) for name in sorted(names))
    return Q(**{f"{path}__iregex": f"(^|{fact.between})({either})($|{fact.between})"})


def _kept(values: tuple[str, ...], fact: Fact) -> list[Any]:
    """Ids of rows as numbers, so that the database need not compare texts with them."""
    return [int(value) for value in values] if fact.is_row else list(values)
