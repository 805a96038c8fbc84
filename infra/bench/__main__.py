"""`python -m infra.bench [--quick] [--json] [--only W2,W3]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from infra.bench.figures import Bench, Result
from infra.bench.fill import FULL, QUICK, Filled, fill
from infra.bench.items import ITEMS
from infra.bench.site import ROOT, Site, environment, floor, product, remove


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and requests: does it run?")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each figure")
    parser.add_argument("--only", default="", help="items, separated by commas")
    chosen = parser.parse_args()
    wanted = [name for name in chosen.only.split(",") if name] or list(ITEMS)
    if unknown := set(wanted) - set(ITEMS):
        parser.error(f"no such item: {', '.join(sorted(unknown))}")
    scale = QUICK if chosen.quick else FULL
    show = _as_json if chosen.json else _as_row
    home = Path(os.environ.get("FORECOURT_HOME") or ROOT / "var").resolve() / "bench"
    remove(home)
    try:
        with product(home) as site:
            _set_up_django(site)
            filled = fill(site, scale)
            if not chosen.json:
                _print_head(filled)
            with floor(site):
                bench = Bench(site, filled, scale)
                failed = [name for name in ITEMS if name in wanted and not _run(name, bench, show)]
    finally:
        remove(home)
    return 1 if failed else 0


def _run(name: str, bench: Bench, show: Callable[[Result], str]) -> bool:
    """Measure one item; a failure is told on the terminal's error stream, and the others go on."""
    try:
        for result in ITEMS[name](bench):
            print(show(result), flush=True)
    except Exception:
        print(f"{name} failed:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return False
    return True


def _set_up_django(site: Site) -> None:
    """Work in this process as the product's own do: on the same database, cache and queue."""
    variables = environment(site.home, site.port)
    os.environ.clear()
    os.environ.update(variables)
    import django

    django.setup()


def _print_head(filled: Filled) -> None:
    said = ", ".join(f"{count} {table}" for table, count in filled.rows.items())
    print(f"Filled in {filled.seconds:.0f} s: {said}.\n")
    print(_line("item", "what", "value", "", "SQL", "Django", "×SQL", "×Django"), flush=True)


def _as_json(result: Result) -> str:
    return json.dumps(
        {
            "item": result.item,
            "what": result.what,
            "value": round(result.value, 3),
            "unit": result.unit,
            "sql_floor": _rounded(result.sql_floor),
            "django_floor": _rounded(result.django_floor),
            "ratio_sql": _rounded(result.ratio(result.sql_floor)),
            "ratio_django": _rounded(result.ratio(result.django_floor)),
        }
    )


def _as_row(result: Result) -> str:
    floors = (result.sql_floor, result.django_floor)
    return _line(
        result.item,
        result.what,
        f"{result.value:.2f}",
        result.unit,
        *("" if number is None else f"{number:.2f}" for number in floors),
        *("" if (ratio := result.ratio(number)) is None else f"{ratio:.1f}" for number in floors),
    )


def _line(*cells: str) -> str:
    widths = (5, 54, 10, 9, 9, 9, 8, 8)
    return " ".join(
        cell.ljust(width) if place in (0, 1, 3) else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)


if __name__ == "__main__":
    sys.exit(main())
