"""Conditions as rows of field, operator and value, which is how most people write them.

The expression is what is kept. A condition that somebody wrote by hand and that is more than such
rows is shown as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.approvals.errors import ConditionRefused
from apps.approvals.rules.fields import NUMERIC, FieldKind, Fields, SubjectField


class Operator(TextChoices):
    OVER = ">", _("over")
    AT_LEAST = ">=", _("at least")
    UNDER = "<", _("under")
    AT_MOST = "<=", _("at most")
    IS = "==", pgettext_lazy("condition", "is")
    IS_NOT = "!=", pgettext_lazy("condition", "is not")


def operators_for(kind: FieldKind) -> list[Operator]:
    """The comparisons that make sense: what has no order is or is not."""
    if kind in NUMERIC or kind == FieldKind.DATE:
        return list(Operator)
    return [Operator.IS, Operator.IS_NOT]


class Joiner(TextChoices):
    ALL = "and", _("all of these hold")
    ANY = "or", _("one of these holds")


@dataclass(frozen=True, slots=True)
class Comparison:
    field: str
    operator: str
    value: str
    """As people write it: 5 for 5 %, a choice by its code, yes or no."""


SIGNS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def expression_of(rows: Sequence[Comparison], joiner: str, fields: Fields) -> str:
    """The rows as an expression; none is the empty one, which always holds.

    Raises ConditionRefused for a value that is none of the field's kind.
    """
    return f" {joiner} ".join(_part(row, fields) for row in rows)


def _part(row: Comparison, fields: Fields) -> str:
    field = fields.get(row.field)
    if field is None or row.operator not in Operator.values:
        raise ConditionRefused(_t("Choose one of the values offered."), field="condition")
    return f"{row.field} {row.operator} {_literal(field, row.value.strip())}"


def _literal(field: SubjectField, value: str) -> str:
    if field.kind in NUMERIC:
        return _number(field, value)
    if field.kind == FieldKind.BOOLEAN:
        return "True" if value.lower() in ("yes", "true", "1", "是") else "False"
    if field.kind == FieldKind.CHOICE:
        return repr(_code_of(field, value))
    if field.kind == FieldKind.PERSON:
        return repr(_person(value))
    return repr(value)


def _person(value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise ConditionRefused(_t("Choose somebody who works here."), field="condition")
    return value


def _number(field: SubjectField, value: str) -> str:
    plain = value.replace(",", "").replace("，", "").rstrip("%％ ").lstrip("¥￥ ")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ConditionRefused(
            _t("“%(value)s” is no number.") % {"value": value[:40]}, field="condition"
        )
    if field.kind == FieldKind.RATE:
        number /= 100
    return f"{number.normalize():f}"


def _code_of(field: SubjectField, value: str) -> str:
    """The code of a choice, by itself or by what people call it."""
    choices = [(str(code), str(label)) for code, label in field.choices()]
    for code, label in choices:
        if value in (code, label):
            return code
    if choices:
        raise ConditionRefused(
            _t("“%(value)s” is none of: %(known)s.")
            % {"value": value[:40], "known": ", ".join(label for _code, label in choices)[:300]},
            field="condition",
        )
    return value


def rows_of(expression: str, fields: Fields) -> tuple[str, list[Comparison]] | None:
    """The joiner and the rows, or None where the expression is more than that."""
    if not expression.strip():
        return Joiner.ALL.value, []
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    joiner, parts = Joiner.ALL.value, [tree]
    if isinstance(tree, ast.BoolOp):
        parts = list(tree.values)
        joiner = Joiner.ALL.value if isinstance(tree.op, ast.And) else Joiner.ANY.value
    rows = [_row(part, fields) for part in parts]
    return (joiner, [row for row in rows if row]) if all(rows) else None


def _row(node: ast.expr, fields: Fields) -> Comparison | None:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    name, right = node.left, node.comparators[0]
    sign = SIGNS.get(type(node.ops[0]))
    negative = isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub)
    constant = right.operand if negative else right  # type: ignore[attr-defined]
    if not isinstance(name, ast.Name) or sign is None or not isinstance(constant, ast.Constant):
        return None
    field = fields.get(name.id)
    if field is None:
        return None
    return Comparison(name.id, sign, ("-" if negative else "") + _written(field, constant.value))


def _written(field: SubjectField, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.kind == FieldKind.RATE and isinstance(value, int | float):
        return f"{(Decimal(str(value)) * 100).normalize():f}"
    return str(value)


def in_words(expression: str, fields: Fields) -> str:
    """The condition as a sentence's part: ``Vehicles over 3 and Reason is Sale``."""
    found = rows_of(expression, fields)
    if found is None:
        return expression.strip()
    joiner, rows = found
    word = _t(" and ") if joiner == Joiner.ALL else _t(" or ")
    return word.join(_row_in_words(row, fields[row.field]) for row in rows)


def _row_in_words(row: Comparison, field: SubjectField) -> str:
    value = row.value
    if field.kind == FieldKind.BOOLEAN:
        is_yes = (value == "yes") == (row.operator == Operator.IS)
        word = _t("is “yes”") if is_yes else _t("is “no”")
        return f"{field.label} {word}"
    if field.kind == FieldKind.RATE:
        value = f"{value} %"
    elif field.kind == FieldKind.MONEY:
        value = f"{Decimal(value):,}"
    elif field.kind in (FieldKind.CHOICE, FieldKind.PERSON):
        value = f"“{field.label_of(value)}”"
    elif field.kind == FieldKind.TEXT:
        value = f"“{value}”"
    return f"{field.label} {Operator(row.operator).label} {value}"
