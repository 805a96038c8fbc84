"""One SVG sprite of the icons the pages use, so that the other five thousand are not sent."""

from __future__ import annotations

import re
from pathlib import Path

from infra.setup.machine import ROOT, SetupError

LIST = ROOT / "platform" / "forecourt" / "ui" / "icons.txt"
SOURCES = [LIST, Path(__file__)]
DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
FILLED = 'fill="currentColor"'
OUTLINED = (
    'fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round"'
)
INVISIBLE = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


def wanted() -> list[str]:
    """Names from icons.txt: one a line, `filled/star` for the filled form, # begins a comment."""
    lines = (line.split("#")[0].strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return sorted({line for line in lines if line})


def draw(icons: Path, sprite: Path) -> Path:
    """Write the sprite; a page shows an icon by <svg class="icon"><use href="…#car"/></svg>."""
    symbols = [_symbol(icons, name) for name in wanted()]
    drawing = ['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""]
    sprite.write_text("\n".join(drawing), encoding="utf-8")
    return sprite


def _symbol(icons: Path, name: str) -> str:
    style, _, plain = name.rpartition("/")
    path = icons / (style or "outline") / f"{plain}.svg"
    if not path.is_file():
        raise SetupError(f"icons.txt names {name}, which Tabler does not have.")
    drawing = DRAWING.search(path.read_text(encoding="utf-8"))
    if drawing is None:
        raise SetupError(f"{path} is not a drawing.")
    shapes = re.sub(r">\s+<", "><", INVISIBLE.sub("", drawing[1])).strip()
    paint = FILLED if style == "filled" else OUTLINED
    return f'<symbol id="{name.replace("/", "-")}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>'
