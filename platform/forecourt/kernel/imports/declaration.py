"""What a module says about the tables that it takes in.

    @register
    class PartImporter(Importer):
        kind = "parts.part"
        permission = "parts.import_part"
        label = _("Parts")
        fields = (
            Field("number", _("Part number"), required=True, synonyms=("配件编号", "part no")),
            Field("price", _("Price"), kind=FieldKind.MONEY, synonyms=("单价", "unit price")),
        )

        def key(self, values):
            return values["number"]

        def check(self, rows, context): ...

        def write(self, rows, context): ...

`check` and `write` are given a chunk of rows and look up what they need in a few queries. `write`
runs inside a transaction of its own chunk, calls the module's actions and says of each row what
became of it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from forecourt.kernel.models import ImportRun

    Text = str | Promise


class FieldKind(StrEnum):
    """What a field holds; the engine turns the cell's text into the type in brackets."""

    TEXT = "TEXT"  # str
    NUMBER = "NUMBER"  # Decimal
    INTEGER = "INTEGER"  # int
    MONEY = "MONEY"  # Decimal with two places
    DATE = "DATE"  # date
    DATETIME = "DATETIME"  # aware datetime, in the group's time zone where the cell names none
    PHONE = "PHONE"  # str in E.164 form
    EMAIL = "EMAIL"  # str
    BOOLEAN = "BOOLEAN"  # bool
    CHOICE = "CHOICE"  # the choice's value, or NewValue


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a CHOICE field knows: an option, or a record of the group."""

    value: Hashable
    label: Text
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewValue:
    """A text that names no known choice and that `write` is to make (a region, a brand)."""

    text: str


Choices = Callable[["Context"], Iterable[Choice]]
Parse = Callable[[str, "Context"], Any]


@dataclass(frozen=True)
class Field:
    """A field that a column can be mapped to.

    `synonyms` are headers that people use for it, in any language. `looks_like` recognises its
    values where the header says nothing. `parse` replaces the reading by `kind`; it is given the
    cell's text and may raise Invalid. `finish` turns the value that was read into the one that is
    kept, and may raise Invalid too. `creatable` choices may be made from what the file says.
    `lenient` phones keep local digits instead of refusing a number without area code. `mask` is the
    permission that its values need everywhere else: whoever lacks it reads no colleague's file.
    """

    name: str
    label: Text
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    synonyms: tuple[str, ...] = ()
    help: Text = ""
    looks_like: re.Pattern[str] | None = None
    max_length: int | None = None
    choices: Choices | None = None
    creatable: bool = False
    lenient: bool = False
    parse: Parse | None = None
    finish: Callable[[Any], Any] | None = None
    mask: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a row; `field` names the field, None for the row as a whole."""

    code: str
    message: str
    field: str | None = None
    is_warning: bool = False


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"


@dataclass(slots=True)
class ImportRow:
    """One row of the file: its values by field name (None where blank), and what becomes of it.

    `known_id` is the record that an earlier import made of a row with the same key.
    """

    number: int
    values: dict[str, Any]
    key: str = ""
    known_id: int | None = None
    problems: list[Problem] = field(default_factory=list)
    outcome: Outcome | None = None
    subject_id: int | None = None

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def refuse(self, message: object, *, field: str | None = None, code: str = "refused") -> None:
        """The row is not imported, for this reason."""
        self.problems.append(Problem(code, str(message), field))

    def warn(self, message: object, *, field: str | None = None, code: str = "doubtful") -> None:
        """The row is imported only when a person confirms the warnings."""
        self.problems.append(Problem(code, str(message), field, is_warning=True))

    def created(self, subject_id: int | None) -> None:
        self.outcome, self.subject_id = Outcome.CREATED, subject_id

    def updated(self, subject_id: int | None) -> None:
        self.outcome, self.subject_id = Outcome.UPDATED, subject_id

    def unchanged(self, subject_id: int | None = None) -> None:
        self.outcome, self.subject_id = Outcome.UNCHANGED, subject_id

    @property
    def is_refused(self) -> bool:
        return any(not problem.is_warning for problem in self.problems)

    @property
    def has_warnings(self) -> bool:
        return any(problem.is_warning for problem in self.problems)


@dataclass
class Context:
    """What holds for the whole run; `memory` is the importer's own, kept between chunks.

    A chunk that is rolled back may have put records into `memory` that are gone: the engine empties
    it then, so whatever stands in it must be possible to look up again.
    """

    actor: Actor
    region: str = "CN"
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    store_id: int | None = None
    dry_run: bool = False
    mapped: frozenset[str] = frozenset()
    memory: dict[Any, Any] = field(default_factory=dict)


class Importer(ABC):
    """One kind of table.

    `updates` says whether a row whose key is known changes its record, `needs_store` whether a
    store must be chosen for the file, `region` whose phone numbers it usually holds.
    """

    kind: ClassVar[str]
    permission: ClassVar[str]
    label: ClassVar[Text]
    help: ClassVar[Text] = ""
    fields: ClassVar[tuple[Field, ...]]
    chunk_rows: ClassVar[int] = 1000
    updates: ClassVar[bool] = True
    needs_store: ClassVar[bool] = False
    region: ClassVar[str] = "CN"

    def stores(self, actor: Actor) -> Iterable[tuple[int, str]]:
        """The stores, as (id, name), that a file can be imported for; none where it says itself."""
        return ()

    def extra_fields(self, actor: Actor) -> tuple[Field, ...]:
        """Fields that this person has besides: the group's own (:mod:`imports.custom`)."""
        return ()

    def for_actor(self, actor: Actor) -> Self:
        """The importer with all the fields that this person may bring."""
        extra = self.extra_fields(actor)
        if not extra:
            return self
        whole = copy(self)
        whole.fields = (*self.fields, *extra)  # type: ignore[misc]
        return whole

    def key(self, values: Mapping[str, Any]) -> str | None:
        """What identifies the row for ever, or None when only all its texts together do.

        Not from CHOICE fields: their values are new at the first import and known at the second.
        """
        return None

    def check(  # noqa: B027 - an importer whose fields say it all has nothing to add
        self, rows: Sequence[ImportRow], context: Context
    ) -> None:
        """Refuse or warn of rows that break a rule; writes nothing. Called before each `write`."""

    @abstractmethod
    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        """Write the rows through the module's actions and call `created`, `updated`, `unchanged` or
        `refuse` on each.

        Runs in one transaction. A DomainError or database error of one row rolls the chunk back;
        the engine then finds the row and refuses it alone.
        """

    def finish(  # noqa: B027 - most files say nothing beyond their rows
        self, run: ImportRun, context: Context
    ) -> None:
        """Do what follows from the whole file, once, in the run's last transaction;
        :func:`imports.queries.records_of` answers what its rows became."""

    def field(self, name: str) -> Field:
        """Raises KeyError for a field that is not declared."""
        return {field.name: field for field in self.fields}[name]


_importers: dict[str, Importer] = {}


def register(declared: type[Importer]) -> type[Importer]:
    """Class decorator: offer the importer. Raises ValueError when its kind is taken."""
    if declared.kind in _importers:
        raise ValueError(f"The import kind {declared.kind} is declared twice.")
    names = [field.name for field in declared.fields]
    if len(set(names)) < len(names):
        raise ValueError(f"The importer {declared.kind} declares a field twice.")
    _importers[declared.kind] = declared()
    return declared


def importer(kind: str, actor: Actor | None = None) -> Importer:
    """The importer of a kind; for an actor with her extra fields. Raises NotFound."""
    if kind not in _importers:
        raise NotFound(f"No module imports {kind}.")
    declared = _importers[kind]
    return declared if actor is None else declared.for_actor(actor)


def all_importers(actor: Actor) -> list[Importer]:
    """The importers that the actor may use, by kind."""
    return [
        _importers[kind] for kind in sorted(_importers) if actor.can(_importers[kind].permission)
    ]
