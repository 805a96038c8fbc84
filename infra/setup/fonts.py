"""The fonts that papers are set in: fetched by npm as the front-end files are.

Not below static/, since they are for PDFs made here; no browser is sent one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from infra.setup.frontend import LOCK, MODULES
from infra.setup.machine import ROOT, SetupError, Stamp, fingerprint, say

FOLDER = ROOT / "platform" / "forecourt" / "kernel" / "papers" / "fonts"
PACKAGE = MODULES / "@expo-google-fonts" / "noto-sans-sc"
FILES = {
    "400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf",
    "700Bold/NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf",
}


def collect() -> None:
    """Copy the fonts to where papers are made, if anything changed."""
    stamp = Stamp(FOLDER / ".forecourt", fingerprint([LOCK, Path(__file__)]))
    if stamp.is_current:
        return
    say("collecting the fonts of papers")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        if not (PACKAGE / source).is_file():
            raise SetupError(
                f"{PACKAGE / source} is missing: remove node_modules and run it again."
            )
        shutil.copyfile(PACKAGE / source, FOLDER / name)
    stamp.write()
