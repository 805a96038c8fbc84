"""`make lint`: every check, side by side; prints only what is wrong, and fails if anything is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
TEMPLATES = ("platform", "tenants", "billing", "api", "apps", "docs/example")
# Names only: nothing is connected to.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "forecourt.config.settings.prod",
    "SECRET_KEY": "a-key-of-this-check-only-" + "0123456789" * 4,
    "MASTER_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "BASE_DOMAIN": "forecourt.example",
    "DATABASE_URL": "postgresql://forecourt_app@db.example/forecourt",
    "DATABASE_OWNER_URL": "postgresql://forecourt_owner@db.example/forecourt",
    "CELERY_BROKER_URL": "redis://redis.example/0",
    "CACHE_URL": "redis://redis.example/1",
}
TEST = {"DJANGO_SETTINGS_MODULE": "forecourt.config.settings.test"}


@dataclass(frozen=True)
class Check:
    """One command that exits with 0 when all is well."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


CHECKS = [
    Check("types", python("-m", "mypy")),
    Check("style", python("-m", "ruff", "check", ".")),
    Check("format", python("-m", "ruff", "format", "--check", ".")),
    Check("templates", python("-m", "djlint", "--lint", "--quiet", *TEMPLATES)),
    Check("layers", [str(BIN / "lint-imports"), "--no-cache"]),
    Check("migrations", python("manage.py", "makemigrations", "--check", "--dry-run"), TEST),
    Check(
        "deployment",
        python("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        PRODUCTION,
    ),
    Check("translations", python("-m", "infra.i18n", "check")),
]


def perform(check: Check) -> tuple[Check, bool, str, float]:
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env={**os.environ, **check.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return check, done.returncode == 0, done.stdout.strip(), time.monotonic() - began


def main() -> int:
    wanted = set(sys.argv[1:]) or {check.name for check in CHECKS}
    failed = []
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for check, passed, said, seconds in pool.map(
            perform, [check for check in CHECKS if check.name in wanted]
        ):
            print(f"{'ok  ' if passed else 'FAIL'}  {check.name} ({seconds:.0f} s)", flush=True)
            if not passed:
                print(said, end="\n\n", flush=True)
                failed.append(check.name)
    if failed:
        print(f"Not in order: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
