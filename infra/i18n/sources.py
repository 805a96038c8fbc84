"""Which folders hold texts, and the texts in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = "zh_Hans"
KEYWORDS = {
    "_": None,
    # The immediate form, in modules whose _ is the lazy one.
    "_t": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
TEMPLATES = {".html", ".txt"}


@dataclass(frozen=True)
class App:
    """A folder with a catalogue of its own, and the folders whose texts belong in it."""

    folder: Path
    also: tuple[Path, ...] = ()

    @property
    def catalogue(self) -> Path:
        return self.folder / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"

    @property
    def name(self) -> str:
        return str(self.folder.relative_to(ROOT))

    def files(self) -> Iterator[Path]:
        for folder in (self.folder, *self.also):
            for path in sorted(folder.rglob("*")):
                within = path.relative_to(folder).parts
                is_text = path.suffix == ".py" or (
                    path.suffix in TEMPLATES and "templates" in within
                )
                if is_text and "migrations" not in within:
                    yield path


def apps() -> list[App]:
    """Every folder that Django loads a catalogue from, as far as it exists."""
    package = ROOT / "platform" / "forecourt"
    example = ROOT / "docs" / "example"
    folders = [
        App(package / "kernel"),
        App(package / "ui", also=(package / "config",)),  # settings are no app of their own
        App(package / "accounts"),
        App(package / "support"),
        App(package / "operators"),
        *(App(ROOT / name) for name in ("tenants", "billing", "api")),
        *(App(path.parent) for path in sorted((ROOT / "apps").glob("*/__init__.py"))),
        App(example / "apps" / "loaners", also=(example / "api",)),
    ]
    return [app for app in folders if (app.folder / "__init__.py").exists()]


def texts(app: App) -> Catalog:
    """All messages that the app's Python and templates ask for."""
    if not settings.configured:
        settings.configure(USE_I18N=True)  # templatize reads the marks of template tags
    found = Catalog(locale=LANGUAGE)
    for path in app.files():
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            source = _as_python(templatize(source, origin=str(path)))
        for line, message, comments, context in extract(
            "python", BytesIO(source.encode()), KEYWORDS, ["Translators:"], {"encoding": "utf-8"}
        ):
            found.add(
                message,
                locations=[(str(path.relative_to(ROOT)), line)],
                auto_comments=comments,
                context=context,
            )
    return found


def _as_python(calls: str) -> str:
    """What templatize leaves is calls among blanked-out text; only indentation is in the way."""
    return "\n".join(line.strip() for line in calls.splitlines()) + "\n"
