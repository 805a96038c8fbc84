"""What is wrong with the catalogues, a line for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError

from infra.i18n import catalogues
from infra.i18n.sources import App, apps, texts

PLACEHOLDER = re.compile(
    r"%(?:\(\w+\))?[#0\- +]*[\d.]*[diouxXeEfFgGcrsa]|\{\w*(?:![rsa])?(?::[^{}]*)?\}"
)
HALF_WIDTH = re.compile(r"(?<=[\u4e00-\u9fff”）])[,;:?!](?! )|[,;?!](?=[\u4e00-\u9fff“（])")
"""Latin punctuation within Chinese; with a space behind it belongs to something to be typed."""


def problems() -> Iterator[str]:
    """Missing, fuzzy, obsolete and unused entries, placeholders that differ, two translations,
    half-width punctuation."""
    first_seen: dict[object, tuple[str, object]] = {}
    for app in apps():
        try:
            catalogue = catalogues.read(app.catalogue)
        except PoFileError as malformed:
            yield f"{app.name}: {malformed}"
            continue
        yield from _of_app(app, catalogue)
        yield from _conflicts(app, catalogue, first_seen)


def _of_app(app: App, catalogue: Catalog) -> Iterator[str]:
    wanted = texts(app)
    for message in catalogues.messages(wanted):
        if catalogue.get(message.id, message.context) is None:
            path, line = message.locations[0]
            yield f"{path}:{line}: not in the catalogue: {_name(message)}"
    for message in catalogues.messages(catalogue):
        if wanted.get(message.id, message.context) is None:
            yield f"{app.name}: no longer in the sources: {_name(message)}"
        elif message.fuzzy:
            yield f"{app.name}: fuzzy: {_name(message)}"
        elif not all(catalogues.forms(message)):
            yield f"{app.name}: not translated: {_name(message)}"
        else:
            yield from _misfits(app, message)
    for message in catalogue.obsolete.values():
        yield f"{app.name}: obsolete: {_name(message)}"


def _misfits(app: App, message: Message) -> Iterator[str]:
    """Placeholders that differ, so that the text fails or says nonsense; Latin punctuation."""
    source = str(message.id[-1] if message.pluralizable else message.id)
    expected = _placeholders(source)
    for form in catalogues.forms(message):
        if _placeholders(form) != expected:
            yield f"{app.name}: placeholders differ: {_name(message)} / {form!r}"
        if HALF_WIDTH.search(form):
            yield f"{app.name}: half-width punctuation: {_name(message)} / {form!r}"


def _conflicts(
    app: App, catalogue: Catalog, first_seen: dict[object, tuple[str, object]]
) -> Iterator[str]:
    """Django merges the catalogues: of two translations of a text one shows everywhere."""
    for message in catalogues.messages(catalogue):
        if not all(catalogues.forms(message)):
            continue
        key = (message.context, message.id)
        other, string = first_seen.setdefault(key, (app.name, message.string))
        if string != message.string:
            yield (
                f"{app.name}: {_name(message)} is {message.string!r} here, {string!r} in {other}; "
                "agree, or tell them apart by pgettext"
            )


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def _name(message: Message) -> str:
    text = message.id[0] if message.pluralizable else message.id
    return f"{text!r} ({message.context})" if message.context else f"{text!r}"
