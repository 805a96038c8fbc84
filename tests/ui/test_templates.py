"""Rules that hold for every template of ours, whoever writes it."""

import re
from pathlib import Path

import pytest

from infra.setup import icons

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("platform", "apps", "tenants", "billing", "api")
TEMPLATES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("templates/**/*.html")
    # Mail clients know nothing else than inline styles.
    if "mail" not in path.parts and "email" not in path.parts
)
SCRIPTS = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("static/**/*.js"))
OURS = [path for path in SCRIPTS if "vendor" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_nothing_inline(path) -> None:
    text = without_comments(path.read_text(encoding="utf-8"))

    assert not re.search(r"<style\b", text)
    assert not re.search(r"\sstyle\s*=", text), "style attributes are refused by the browser"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "handlers belong in a controller"
    assert not re.search(r"hx-on|hx-vals=[\"']js:|javascript:", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_fetches_nothing_from_elsewhere(path) -> None:
    text = without_comments(path.read_text(encoding="utf-8"))

    assert not re.search(r"(?:src|href|action)=[\"'](?:https?:)?//(?!\{)", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_icon_of_a_template_is_in_the_sprite(path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\{% icon \"([^\"]+)\"", text))
    named |= set(re.findall(r"<c-[\w-]+[^>]*\sicon=\"([\w/-]+)\"", text))

    assert named <= {name.replace("/", "-") for name in icons.wanted()}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_script_of_ours_keeps_to_the_policy(path) -> None:
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\beval\(|new Function|\.innerHTML\s*=|insertAdjacentHTML", text)
    assert 'setAttribute("style"' not in text
    assert not re.search(r"https?://", text)
