"""Compiles the message catalogues, which are kept as text only."""

from __future__ import annotations

from infra.setup.machine import PYTHON, ROOT, run, say

FOLDERS = ("platform/forecourt", "tenants", "billing", "api", "apps", "docs/example")


def compile_all() -> None:
    """Write a .mo beside each .po that is newer; Babel does it, so no gettext tools are needed."""
    stale = [
        catalogue
        for folder in FOLDERS
        for catalogue in sorted((ROOT / folder).glob("**/locale/*/LC_MESSAGES/*.po"))
        if not (compiled := catalogue.with_suffix(".mo")).exists()
        or compiled.stat().st_mtime_ns < catalogue.stat().st_mtime_ns
    ]
    if stale:
        say(f"compiling {len(stale)} message catalogues")
        run([PYTHON, "-m", "infra.i18n", "compile", *stale], what="Compiling the translations")
