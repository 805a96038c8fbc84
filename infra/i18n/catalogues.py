"""Reading, merging, writing and compiling .po files in one plain, diff-friendly form."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from infra.i18n.sources import LANGUAGE, App, apps, texts

# Without dates and tool names: they would change, and conflict, with every update.
HEADER = """msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def read(path: Path) -> Catalog:
    """Parse a catalogue; a missing one is an empty one. Raises PoFileError when it is malformed."""
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, abort_invalid=True)


def messages(catalogue: Catalog) -> Iterator[Message]:
    """The catalogue's messages without its header."""
    return (message for message in catalogue if message.id)


def forms(message: Message) -> list[str]:
    """The translations of a message: one, or one for each plural form; empty where missing."""
    string: Any = message.string
    return list(string or [""]) if message.pluralizable else [string or ""]


def update() -> Iterator[str]:
    """Merge the texts of the sources into each catalogue; yield a line for each app.

    What the sources no longer say is dropped, what is new is filled from our other catalogues
    where they have it, and left empty where they do not.
    """
    catalogue_of: dict[App, Catalog] = {app: read(app.catalogue) for app in apps()}
    known: dict[Any, Any] = {
        (message.context, message.id): message.string
        for catalogue in catalogue_of.values()
        for message in messages(catalogue)
        if _is_translated(message)
    }
    for app, old in catalogue_of.items():
        missing = _rewrite(app, old, known)
        yield f"{app.name}: {missing} to translate" if missing else f"{app.name}: complete"


def compile_catalogue(path: Path) -> None:
    """Write the .mo beside a .po, at once or not at all."""
    compiled = BytesIO()
    write_mo(compiled, read(path))
    draft = path.with_suffix(".mo.new")
    draft.write_bytes(compiled.getvalue())
    draft.replace(path.with_suffix(".mo"))


def _rewrite(app: App, old: Catalog, known: dict[Any, Any]) -> int:
    new = Catalog(locale=LANGUAGE)
    missing = 0
    for message in messages(texts(app)):
        before = old.get(message.id, message.context)
        string: Any = before.string if before and _is_translated(before) else None
        string = string or known.get((message.context, message.id))
        string = string or (("",) if message.pluralizable else "")
        missing += not any(string)
        new.add(
            message.id,
            string,
            auto_comments=message.auto_comments,
            flags=message.flags - {"fuzzy"},
            context=message.context,
        )
    if not len(new) and not app.catalogue.exists():
        return 0
    written = BytesIO()
    write_po(written, new, omit_header=True, no_location=True, sort_output=True, width=100)
    app.catalogue.parent.mkdir(parents=True, exist_ok=True)
    app.catalogue.write_text(HEADER + written.getvalue().decode(), encoding="utf-8")
    return missing


def _is_translated(message: Message) -> bool:
    return all(forms(message))
