"""The benchmark runs to its end and answers every item; how long things take is not asserted."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bench import items

ROOT = Path(__file__).resolve().parents[2]
ITEMS = set(items.ITEMS)
FIELDS = {"item", "value", "unit", "sql_floor", "django_floor", "ratio_sql", "ratio_django"}
RATIOS = {"W1", "W2", "W3", "W4", "W5", "W8", "W9", "K1"}
"""Items that have a figure beside a Django floor."""


def bench(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.bench", *arguments],
        cwd=ROOT,
        env={**os.environ, "FORECOURT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.browser
@pytest.mark.timeout(1800)
def test_a_quick_run_answers_every_item_with_finite_numbers(tmp_path: Path) -> None:
    done = bench(tmp_path, "--quick", "--json")

    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["item"] for line in lines} == ITEMS
    for line in lines:
        assert set(line) >= FIELDS
        numbers = [line[name] for name in FIELDS - {"item", "unit"} if line[name] is not None]
        assert all(math.isfinite(number) for number in numbers), line
        assert line["unit"]
        is_growth = line["item"] == "W7" and line["unit"] == "KB"
        assert line["value"] > 0 or is_growth, line
    assert {line["item"] for line in lines if line["ratio_django"]} >= RATIOS
    assert not (tmp_path / "bench").exists(), "what was filled is thrown away"


def test_an_unknown_item_is_refused_before_anything_starts(tmp_path: Path) -> None:
    refused = bench(tmp_path, "--only", "W2,W99")

    assert refused.returncode == 2
    assert "W99" in refused.stderr
    assert not any(tmp_path.iterdir())
