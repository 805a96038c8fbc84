"""What a template may speak of: single facts, lists of rows, and those who sign."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Facts = Mapping[str, str | Sequence[Mapping[str, str]]]
"""Texts by placeholder, as they are to be printed; for rows a list of such texts by column."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One fact, written ``{{code}}``; ``sample`` stands in a preview without a record."""

    code: str
    label: "str | Promise"
    sample: "str | Promise" = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list; the row of a table that names ``{{code.column}}`` is set once for each of its rows.

    ``{{code.number}}`` counts them.
    """

    code: str
    label: "str | Promise"
    columns: tuple[Placeholder, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who signs; ``{{signature:code}}`` is where."""

    code: str
    label: "str | Promise"

    def spoken(self) -> "Signer":
        """With the label in the language that is active now."""
        return Signer(self.code, str(self.label))


@dataclass(frozen=True, slots=True)
class SignatureField:
    """Where on the paper a signer signs: page from 1; points from the page's upper left corner."""

    name: str
    page: int
    x: float
    y: float
    width: float
    height: float

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> "SignatureField":
        return cls(**{name: values[name] for name in cls.__slots__})

    def plain(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that templates of one paper may name."""

    placeholders: tuple[Placeholder, ...] = ()
    rows: tuple[Rows, ...] = ()
    signers: tuple[Signer, ...] = ()

    def all_rows(self) -> Iterator[tuple[Rows, Placeholder]]:
        for rows in self.rows:
            for column in rows.columns:
                yield rows, column

    def names(self) -> set[str]:
        """Every name that may stand between braces."""
        columns = {f"{rows.code}.{column.code}" for rows, column in self.all_rows()}
        numbers = {f"{rows.code}.number" for rows in self.rows}
        signatures = {f"signature:{signer.code}" for signer in self.signers}
        return {one.code for one in self.placeholders} | columns | numbers | signatures

    def conditions(self) -> set[str]:
        """What a part of a template may depend on."""
        return {one.code for one in self.placeholders} | {rows.code for rows in self.rows}

    def rows_of(self, name: str) -> str | None:
        """The list that a name is a column of."""
        head = name.rpartition(".")[0]
        return head if any(rows.code == head for rows in self.rows) else None

    def samples(self) -> Facts:
        """Facts to show a template with when there is no record."""
        facts: dict[str, Any] = {one.code: str(one.sample) for one in self.placeholders}
        for rows in self.rows:
            row = {column.code: str(column.sample) for column in rows.columns}
            facts[rows.code] = [row, row]
        return facts
