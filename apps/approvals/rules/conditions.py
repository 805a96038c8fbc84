"""Conditions of steps: expressions over a subject's fields, such as ``amount > 5000``.

They are evaluated by simpleeval, narrowed to what a condition needs: fields, numbers, texts, lists
of them, comparisons, ``and``, ``or``, ``not`` and the four kinds of arithmetic. No calls, no
attributes, no powers. Types are checked when a condition is saved, so that a mistake is told to
its author and not found out by a request.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import simpleeval
from django.utils.translation import gettext as _

from apps.approvals.errors import ConditionRefused
from apps.approvals.rules.fields import NUMERIC, FieldKind, Fields, SubjectField

MAX_LENGTH = 500
MAX_NODES = 150
MAX_DEPTH = 12
MAX_NUMBER = Decimal(10) ** 15
MAX_TEXT = 200

NUMBER, TEXT, YES_NO, DAY = "number", "text", "yes_no", "day"

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
EQUALITIES = (ast.Eq, ast.NotEq)
MEMBERSHIPS = (ast.In, ast.NotIn)
ALLOWED = (
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.USub,
    ast.BinOp,
    *ARITHMETIC,
    ast.Compare,
    *ORDERINGS,
    *EQUALITIES,
    *MEMBERSHIPS,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.List,
    ast.Tuple,
)


class NotEvaluable(Exception):
    """A condition that cannot be answered for these facts; its step is then required."""


def evaluate(expression: str, facts: Mapping[str, Any]) -> bool:
    """Whether the condition holds. Raises NotEvaluable, whatever goes wrong."""
    try:
        answer = _Evaluator(facts).eval(expression, previously_parsed=_parsed(expression))
    except ConditionRefused as error:
        raise NotEvaluable(error.message) from error
    except (simpleeval.InvalidExpression, TypeError, ValueError, ArithmeticError) as error:
        raise NotEvaluable(str(error)[:200]) from error
    if not isinstance(answer, bool):
        raise NotEvaluable(_("The condition answers neither yes nor no."))
    return answer


class _Evaluator(simpleeval.SimpleEval):
    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__(
            operators={
                **ARITHMETIC,
                ast.USub: operator.neg,
                ast.Not: operator.not_,
                ast.Eq: operator.eq,
                ast.NotEq: operator.ne,
                ast.Lt: operator.lt,
                ast.LtE: operator.le,
                ast.Gt: operator.gt,
                ast.GtE: operator.ge,
                ast.In: lambda item, items: item in items,
                ast.NotIn: lambda item, items: item not in items,
            },
            functions={},
            names=dict(facts),
        )
        self.nodes = {
            ast.Name: self._eval_name,
            ast.UnaryOp: self._eval_unaryop,
            ast.BinOp: self._eval_binop,
            ast.BoolOp: self._eval_boolop,
            ast.Compare: self._eval_compare,
            ast.Constant: self._exact,
            ast.List: self._all,
            ast.Tuple: self._all,
        }

    def _exact(self, node: ast.Constant) -> Any:
        """Numbers are decimals, as the facts are: a float would not even compare with them."""
        value: Any = node.value
        return _decimal(value) if _is_number(value) else value

    def _all(self, node: ast.List | ast.Tuple) -> list[Any]:
        return [self._eval(item) for item in node.elts]


def require_valid(expression: str, fields: Fields) -> None:
    """Raises ConditionRefused beside the field ``condition`` for all that is not understood."""
    _TypeCheck(fields).require_yes_no(_parsed(expression))


def names_in(expression: str) -> set[str]:
    """The fields that an expression names; of one that is none, nothing."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def with_people(expression: str, fields: Fields, called: Callable[[str], str]) -> str:
    """The expression with everybody who is compared with a person's field under another name."""
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return expression
    text = expression.encode()
    for node in sorted(_people_in(tree, fields), key=lambda found: -found.col_offset):
        name = repr(called(str(node.value))).encode()
        text = text[: node.col_offset] + name + text[node.end_col_offset :]
    return text.decode()


def _people_in(tree: ast.AST, fields: Fields) -> list[ast.Constant]:
    """The texts that stand for people: all of a comparison that names a person's field."""
    return [
        constant
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(
            isinstance(part, ast.Name)
            and part.id in fields
            and fields[part.id].kind == FieldKind.PERSON
            for part in (node.left, *node.comparators)
        )
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    ]


def _parsed(expression: str) -> ast.expr:
    """The expression's tree, once it is short, shallow and made of what is allowed."""
    if len(expression) > MAX_LENGTH:
        _refuse(_("A condition has at most %(count)s characters.") % {"count": MAX_LENGTH})
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionRefused(
            _("This is no condition. Write, for instance: amount > 5000 and store == “SH01”."),
            field="condition",
        ) from error
    _require_small(tree)
    return tree


def _require_small(tree: ast.expr) -> None:
    count = 0
    level: list[ast.AST] = [tree]
    for depth in range(MAX_DEPTH + 1):
        count += len(level)
        if count > MAX_NODES:
            _refuse(_("The condition is too long: split it over several steps."))
        for node in level:
            if not isinstance(node, ALLOWED):
                _refuse(_said(node))
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
        if depth == MAX_DEPTH:
            _refuse(_("The condition is nested too deeply."))


def _said(node: ast.AST) -> str:
    """What is wrong with a part that conditions do not have."""
    if isinstance(node, ast.Attribute | ast.Subscript):
        return _("A condition names fields only; nothing inside of them can be reached.")
    if isinstance(node, ast.Call):
        return _("A condition calls no functions.")
    if isinstance(node, ast.Pow | ast.LShift | ast.RShift | ast.MatMult | ast.Mod | ast.FloorDiv):
        return _("A condition calculates with + - * / only.")
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return _("A condition has no loops.")
    return _("A condition consists of fields, values, comparisons, and, or, not.")


class _TypeCheck:
    """Works out what each part is; a part that makes no sense is refused by name."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def require_yes_no(self, node: ast.expr) -> None:
        if self.type_of(node) != YES_NO:
            _refuse(_("The condition must answer yes or no: compare something."))

    def type_of(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self._field(node.id)
        if isinstance(node, ast.Constant):
            return _type_of_constant(node.value)
        if isinstance(node, ast.BoolOp):
            for value in node.values:
                self.require_yes_no(value)
            return YES_NO
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.BinOp):
            self._require_number(node.left)
            self._require_number(node.right)
            return NUMBER
        if isinstance(node, ast.Compare):
            return self._compared(node)
        return _refuse(_("A list stands only after “in”."))

    def _field(self, name: str) -> str:
        field = self.fields.get(name)
        if field is None:
            known = ", ".join(sorted(self.fields))
            _refuse(
                _("There is no field “%(name)s”. Fields: %(known)s.")
                % {"name": name[:40], "known": known}
            )
        return _type_of_field(field)

    def _unary(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Not):
            self.require_yes_no(node.operand)
            return YES_NO
        self._require_number(node.operand)
        return NUMBER

    def _require_number(self, node: ast.expr) -> None:
        if self.type_of(node) != NUMBER:
            _refuse(_("Only numbers can be calculated with."))

    def _compared(self, node: ast.Compare) -> str:
        left = node.left
        for sign, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(sign, MEMBERSHIPS):
                self._require_member(left, right)
            else:
                self._require_comparable(left, sign, right)
            left = right
        return YES_NO

    def _require_member(self, item: ast.expr, items: ast.expr) -> None:
        if isinstance(items, ast.List | ast.Tuple):
            if not items.elts:
                _refuse(_("The list after “in” is empty."))
            for element in items.elts:
                self._require_comparable(item, ast.Eq(), element)
        elif (self.type_of(item), self.type_of(items)) != (TEXT, TEXT):
            _refuse(_("After “in” stands a list or a text."))

    def _require_comparable(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> None:
        kinds = {self.type_of(left), self.type_of(right)}
        if kinds == {DAY, TEXT}:
            for side in (left, right):
                if isinstance(side, ast.Constant):
                    _require_day(str(side.value))
        elif len(kinds) > 1:
            _refuse(
                _("“%(left)s” and “%(right)s” are of different kinds and cannot be compared.")
                % {"left": ast.unparse(left)[:40], "right": ast.unparse(right)[:40]}
            )
        elif isinstance(sign, ORDERINGS) and kinds & {TEXT, YES_NO}:
            _refuse(_("Only numbers and days can be larger or smaller."))


def _type_of_field(field: SubjectField) -> str:
    if field.kind in NUMERIC:
        return NUMBER
    return {FieldKind.BOOLEAN: YES_NO, FieldKind.DATE: DAY}.get(field.kind, TEXT)


def _type_of_constant(value: Any) -> str:
    if isinstance(value, bool):
        return YES_NO
    if _is_number(value):
        if abs(_decimal(value)) > MAX_NUMBER:
            _refuse(_("A number in the condition is too large."))
        return NUMBER
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            _refuse(_("A text in the condition is too long."))
        return TEXT
    return _refuse(_("A condition consists of fields, values, comparisons, and, or, not."))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _decimal(value: float) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        _refuse(_("A number in the condition is too large."))
    return number


def _require_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ConditionRefused(_("Write days like this: 2026-01-31."), field="condition") from error


def _refuse(message: str) -> NoReturn:
    raise ConditionRefused(message, field="condition")
