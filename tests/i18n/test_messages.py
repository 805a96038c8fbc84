"""Gathering texts and judging translations."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from infra.i18n import catalogues, completeness, sources
from infra.i18n.sources import App

TEMPLATE = """{% load i18n %}
  <p title="{% translate "100% of it" %}">(
{% blocktranslate trimmed count n=rows|length %}
  One "vehicle"
{% plural %}
  {{ n }} vehicles
{% endblocktranslate %}
    {% include "x.html" with title=_("Stock") %}
{% translate "Open" context "verb" %}
"""
PYTHON = """from django.utils.translation import gettext_lazy as _, ngettext
label = _("Stock")
text = ngettext("%(count)s lead", "%(count)s leads", 2)
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    """An app of two sources, in place of ours."""
    folder = tmp_path / "sales"
    (folder / "templates" / "sales").mkdir(parents=True)
    (folder / "templates" / "sales" / "page.html").write_text(TEMPLATE)
    (folder / "models.py").write_text(PYTHON)
    app = App(folder)
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    monkeypatch.setattr(catalogues, "apps", lambda: [app])
    monkeypatch.setattr(completeness, "apps", lambda: [app])
    return app


def write(app: App, *entries: str) -> None:
    app.catalogue.parent.mkdir(parents=True, exist_ok=True)
    app.catalogue.write_text(catalogues.HEADER + "\n\n".join(entries) + "\n", encoding="utf-8")


def test_texts_are_found_in_python_and_in_templates(app: App) -> None:
    found = {(message.context, message.id) for message in sources.texts(app) if message.id}

    assert found == {
        (None, "100%% of it"),
        (None, ('One "vehicle"', "%(n)s vehicles")),
        (None, "Stock"),
        ("verb", "Open"),
        (None, ("%(count)s lead", "%(count)s leads")),
    }


def test_an_update_keeps_translations_and_drops_what_is_gone(app: App) -> None:
    write(app, 'msgid "Stock"\nmsgstr "库存"', 'msgid "Gone"\nmsgstr "没了"')

    told = list(catalogues.update())

    catalogue = catalogues.read(app.catalogue)
    assert told == ["sales: 4 to translate"]
    assert catalogue.get("Stock").string == "库存"
    assert catalogue.get("Gone") is None
    before = app.catalogue.read_text()
    list(catalogues.update())
    assert app.catalogue.read_text() == before


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "Stock"\nmsgstr ""', "not translated: 'Stock'"),
        ('#, fuzzy\nmsgid "Stock"\nmsgstr "库存"', "fuzzy: 'Stock'"),
        ('msgid "Gone"\nmsgstr "没了"', "no longer in the sources: 'Gone'"),
        ('#~ msgid "Gone"\n#~ msgstr "没了"', "obsolete: 'Gone'"),
        (
            'msgid "%(count)s lead"\nmsgid_plural "%(count)s leads"\nmsgstr[0] "条线索"',
            "placeholders differ: '%(count)s lead'",
        ),
        ('msgid "Stock"\nmsgstr "库存,在售"', "half-width punctuation: 'Stock'"),
    ],
)
def test_a_check_names_what_is_wrong(app: App, entry: str, complaint: str) -> None:
    write(app, entry)

    assert any(complaint in problem for problem in completeness.problems())


def test_a_complete_catalogue_compiles_and_passes(app: App) -> None:
    write(
        app,
        'msgid "100%% of it"\nmsgstr "全部 100%%"',
        'msgid "One \\"vehicle\\""\nmsgid_plural "%(n)s vehicles"\nmsgstr[0] "%(n)s 辆车"',
        'msgid "Stock"\nmsgstr "库存"',
        'msgctxt "verb"\nmsgid "Open"\nmsgstr "打开"',
        'msgid "%(count)s lead"\nmsgid_plural "%(count)s leads"\nmsgstr[0] "%(count)s 条线索"',
    )

    assert list(completeness.problems()) == []
    catalogues.compile_catalogue(app.catalogue)
    assert app.catalogue.with_suffix(".mo").stat().st_size > 100
    assert isinstance(catalogues.read(app.catalogue), Catalog)
