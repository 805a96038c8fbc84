"""Rows that go through an action one by one: the action alone decides, also when only checking."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.db import transaction

from forecourt.kernel.errors import DomainError
from forecourt.kernel.imports import Context, Importer, ImportRow


class _TriedOut(Exception):
    """Takes back what a check has tried."""


class RowByRow(Importer):
    """``take`` adds or corrects what a row is about by the module's actions and says which.

    ``columns`` names the column behind what a refusal calls otherwise.
    """

    columns: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def take(self, row: ImportRow, context: Context) -> None:
        """Raises whatever the actions refuse."""

    def check(self, rows: Sequence[ImportRow], context: Context) -> None:
        """Tries each row as the run will, and takes it back: rights and clashes tell then."""
        if not context.dry_run:
            return
        for row in rows:
            try:
                with transaction.atomic():
                    self._take(row, context)
                    raise _TriedOut
            except _TriedOut:
                row.outcome = row.subject_id = None

    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        for row in rows:
            self._take(row, context)

    def _take(self, row: ImportRow, context: Context) -> None:
        """The row, or its refusal in the action's own words beside the column."""
        try:
            with transaction.atomic():
                self.take(row, context)
        except DomainError as refusal:
            field = self.columns.get(refusal.field or "", refusal.field)
            known_field = field in {each.name for each in self.fields}
            row.refuse(refusal.message, field=field if known_field else None, code=refusal.code)
