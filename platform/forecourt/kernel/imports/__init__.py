"""Bringing tables into the product: upload, map columns, check, run in the background.

A module declares an `Importer` in its `importers.py` and registers it; the engine does the rest.
`docs/imports.md` shows one from end to end.
"""

from forecourt.kernel.imports.declaration import (
    Choice,
    Context,
    Field,
    FieldKind,
    Importer,
    ImportRow,
    NewValue,
    Problem,
    all_importers,
    importer,
    register,
)

__all__ = [
    "Choice",
    "Context",
    "Field",
    "FieldKind",
    "ImportRow",
    "Importer",
    "NewValue",
    "Problem",
    "all_importers",
    "importer",
    "register",
]
