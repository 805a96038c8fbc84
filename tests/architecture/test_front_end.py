"""What the pages name must be there, and nothing is sent that no page names."""

import re
from pathlib import Path

from infra.setup import frontend, icons

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("platform", "tenants", "billing", "apps", "api")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".html", ".py", ".js"} and "vendor" not in path.parts
]
ICON = re.compile(r"""{%\s*icon\s+["']([\w/-]+)["']|\bicon=["']([\w/-]+)["']""")


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    drawn = {name.replace("/", "-") for name in icons.wanted()}

    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        for pair in ICON.findall(path.read_text(encoding="utf-8"))
        if (name := pair[0] or pair[1]) not in drawn
    }

    assert missing == set(), "add it to platform/forecourt/ui/icons.txt"


def test_every_library_that_is_collected_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)

    assert [name for name in frontend.FILES.values() if f"vendor/{name}" not in text] == []


def test_no_page_names_a_foreign_host_for_its_files() -> None:
    foreign = re.compile(r"""(?:src|href)=["'](?:https?:)?//[^"']+\.(?:js|css|woff2?)""")

    assert [path for path in SOURCES if foreign.search(path.read_text(encoding="utf-8"))] == []
