"""The libraries the browser runs: fetched by npm as locked, and the few needed files collected."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from infra.setup import icons, node
from infra.setup.machine import ROOT, SetupError, Stamp, fingerprint, require_space, say

MODULES = ROOT / "node_modules"
STATIC = ROOT / "platform" / "forecourt" / "ui" / "static"
VENDOR = STATIC / "vendor"
LOCK = ROOT / "package-lock.json"

# Where each file comes from, and its name below static/vendor/.
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "sortablejs/Sortable.min.js": "sortable.js",
    # Lines, bars, pies, scatter with tooltip, legend and zoom; 200 KB compressed against 320.
    "echarts/dist/echarts.common.min.js": "echarts.js",
}
SOURCE_MAP = re.compile(rb"(?://[#@] sourceMappingURL=\S+|/\*[#@] sourceMappingURL=[^*]+\*/)\s*$")


def install(*, development: bool = False) -> None:
    """Fetch what package-lock.json names; `development` adds what only the tests use."""
    kind = "dev" if development else "run"
    stamps = {
        name: Stamp(MODULES / f".forecourt-{name}", fingerprint([LOCK])) for name in ("run", "dev")
    }
    if any(stamps[name].is_current for name in {kind, "dev"}):
        return
    require_space(ROOT, megabytes=400)
    tool = node.find()
    say("fetching the front-end libraries")
    tool.ci(ROOT, *([] if development else ["--omit=dev"]), what="npm ci")
    stamps[kind].write()


def collect() -> None:
    """Copy the needed files to static/vendor/ and draw the icon sprite, if anything changed."""
    stamp = Stamp(VENDOR / ".forecourt", fingerprint([LOCK, Path(__file__), *icons.SOURCES]))
    if stamp.is_current:
        return
    say("collecting the front-end files")
    VENDOR.mkdir(parents=True, exist_ok=True)
    made = {_collect_file(MODULES / source, VENDOR / name) for source, name in FILES.items()}
    made.add(icons.draw(MODULES / "@tabler" / "icons" / "icons", VENDOR / "icons.svg"))
    for stale in set(VENDOR.iterdir()) - made - {stamp.path}:
        shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
    stamp.write()


def _collect_file(source: Path, target: Path) -> Path:
    if not source.is_file():
        raise SetupError(f"{source} is missing: remove node_modules and run it again.")
    # A map is large, helps nobody here, and the manifest storage insists that what is named exists.
    target.write_bytes(SOURCE_MAP.sub(b"\n", source.read_bytes()))
    return target
