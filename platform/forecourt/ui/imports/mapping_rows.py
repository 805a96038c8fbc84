"""The page on which columns are chosen: one row per field, read from and written to JSON rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forecourt.kernel.imports import Context, Field, FieldKind, Importer
from forecourt.kernel.imports.mapping import (
    LEAVE,
    MAKE,
    REJECT,
    Mapped,
    Rule,
    choice_key,
    choices_by_name,
    match_choice,
    rule_for,
)
from forecourt.kernel.models import ImportRun
from forecourt.kernel.tabular import ColumnProfile, DateOrder, DecimalMark

_FIXED = "fixed"
# Longer lists are matched by name alone; nobody would go through them one by one.
_CHOICES_OFFERED = 300


@dataclass(frozen=True)
class ValueRow:
    """One distinct text of a column and what it stands for."""

    text: str
    count: int
    matched: str
    chosen: str


@dataclass(frozen=True)
class FieldRow:
    """One field with the column that it is read from and how."""

    field: Field
    rule: Rule
    profile: ColumnProfile | None
    options: Sequence[tuple[str, str]]
    values: Sequence[ValueRow] = ()
    error: str = ""

    @property
    def source(self) -> str:
        if "column" in self.rule:
            return str(self.rule["column"])
        return _FIXED if "fixed" in self.rule else ""

    @property
    def examples(self) -> list[str]:
        return self.profile.examples[:3] if self.profile else []

    @property
    def asks_date_order(self) -> bool:
        """Only where a date could be read in two ways, or the column once said so."""
        is_date = self.field.kind in (FieldKind.DATE, FieldKind.DATETIME)
        has_order = self.profile is not None and (
            self.profile.date_order is not None or self.profile.date_order_ambiguous
        )
        return is_date and has_order

    @property
    def must_ask_date_order(self) -> bool:
        return (
            self.asks_date_order
            and self.profile is not None
            and self.profile.date_order_ambiguous
            and "date_order" not in self.rule
        )

    @property
    def asks_decimal_mark(self) -> bool:
        is_number = self.field.kind in (FieldKind.NUMBER, FieldKind.MONEY, FieldKind.INTEGER)
        return is_number and any(set(".,") & set(text) for text in self.examples)

    @property
    def asks_unmatched(self) -> bool:
        return self.field.choices is not None and "column" in self.rule


def field_rows(
    run: ImportRun, importer: Importer, context: Context, mapped: Mapped, errors: Mapping[str, str]
) -> list[FieldRow]:
    """All rows of the page, in the order in which the importer declares its fields."""
    profiles = profiles_of(run)
    return [
        field_row(field, mapped.get(field.name, {}), profiles, context, errors.get(field.name, ""))
        for field in importer.fields
    ]


def field_row(
    field: Field, rule: Rule, profiles: Sequence[ColumnProfile], context: Context, error: str = ""
) -> FieldRow:
    """The row of one field."""
    profile = profiles[rule["column"]] if "column" in rule else None
    if field.choices is None or profile is None:
        return FieldRow(field, rule, profile, (), error=error)
    choices = list(field.choices(context))
    by_name = choices_by_name(choices)
    chosen = rule.get("values") or {}
    values = [
        ValueRow(
            text=text,
            count=count,
            matched=str(found.label) if (found := match_choice(text, by_name)) else "",
            chosen=chosen.get(text, ""),
        )
        for text, count in profile.distinct.items()
    ]
    offered = choices if len(choices) <= _CHOICES_OFFERED else []
    options = [(choice_key(choice), str(choice.label)) for choice in offered]
    return FieldRow(field, rule, profile, options, values, error)


def profiles_of(run: ImportRun) -> list[ColumnProfile]:
    return [ColumnProfile.from_json(column) for column in run.profile]


def posted_mapping(data: Mapping[str, Any], run: ImportRun, importer: Importer) -> Mapped:
    """The rules that the page was sent with; unknown texts are left to `map_columns`."""
    profiles = profiles_of(run)
    mapped = {
        field.name: posted_rule(data, field, profiles)
        for field in importer.fields
        if data.get(f"{field.name}-source")
    }
    return {name: rule for name, rule in mapped.items() if rule}


def posted_rule(data: Mapping[str, Any], field: Field, profiles: Sequence[ColumnProfile]) -> Rule:
    """The rule of one field; what the page did not ask is taken from the column's profile."""

    def posted(name: str) -> str:
        return str(data.get(f"{field.name}-{name}", ""))

    source = posted("source")
    if source == _FIXED:
        return {"fixed": posted("fixed")}
    if not source.isdecimal() or int(source) >= len(profiles):
        return {}
    rule = rule_for(field, int(source), profiles[int(source)])
    if posted("was") != source:
        return rule
    # The rest of the row was asked about this very column.
    if posted("date_order") in set(DateOrder):
        rule["date_order"] = posted("date_order")
    if posted("decimal_mark") in set(DecimalMark):
        rule["decimal_mark"] = posted("decimal_mark")
    if field.choices is not None:
        rule["unmatched"] = posted("unmatched") or REJECT
        rule["values"] = {
            text: choice
            for index in range(len(profiles[int(source)].distinct))
            if (text := posted(f"text-{index}")) and (choice := posted(f"choice-{index}"))
        }
    return rule


SIGNS = {"make": MAKE, "leave": LEAVE, "reject": REJECT}
