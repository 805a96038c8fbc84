"""Brings the database and the static files up to date, in one process for all of the steps.

`make run` starts this between the database and the web server. Every step is idempotent, so a run
that was cut off goes on where it stopped.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command

from forecourt.config import embedded, environment
from infra.setup.machine import Stamp, fingerprint

# Files of libraries whose pages we do not serve.
UNUSED = ("rest_framework", "django_htmx", "admin")
# Shown only when a step takes longer: an ordinary start says nothing.
SILENCE = 1.5
STRIPE_TRIES = 20
TERMINAL = sys.stderr


def main() -> int:
    began = time.monotonic()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forecourt.config.settings.dev")
    folder = embedded.home() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    # Commands also print; the terminal is for what a person must know.
    with (
        (folder / "prepare.log").open("w", encoding="utf-8", buffering=1) as log,
        redirect_stdout(log),
        redirect_stderr(log),
    ):
        try:
            with step("reading the settings", log):
                django.setup()
            with step("bringing the platform's tables up to date", log):
                call_command("migrate_platform", stdout=log, stderr=log)
            with step("bringing the groups' tables up to date", log):
                call_command("migrate_groups", stdout=log, stderr=log)
            with step("collecting and compressing the static files", log):
                collect_static(log)
            if environment.boolean("DEMO_DATA", True):
                with step("loading the demo data (once, up to a minute)", log):
                    call_command(
                        "load_demo", once=True, operator=demo_operator(), stdout=log, stderr=log
                    )
            if "STRIPE_PORT" in os.environ:
                with step("giving the stand-in of Stripe the plans", log):
                    sync_plans(log)
        except KeyboardInterrupt:
            return 130
        except BaseException as problem:  # a command's own exit included: the log tells all of it
            traceback.print_exc(file=log)
            print(f"\n{problem}\nAll of it: {log.name}", file=TERMINAL)
            return 1
        print(f"prepared in {time.monotonic() - began:.1f} s", file=log)
    return 0


def demo_operator() -> str:
    """Whose password everybody knows: never on a database that somebody has named herself."""
    is_embedded = embedded.is_database_embedded(os.environ.get("DATABASE_URL", ""))
    return embedded.DEMO_OPERATOR if is_embedded else ""


def sync_plans(log: TextIO) -> None:
    """The stand-in started a moment ago and may not answer yet. Raises what stops it in the end."""
    for tries_left in reversed(range(STRIPE_TRIES)):
        try:
            call_command("sync_plans", stdout=log, stderr=log)
        except CommandError:
            if not tries_left:
                raise
            time.sleep(1)
        else:
            return


@contextmanager
def step(label: str, log: TextIO) -> Iterator[None]:
    """Tell the terminal what takes so long, and the log everything."""
    print(f"--- {label}", file=log, flush=True)
    notice = threading.Timer(SILENCE, lambda: print(f"  {label}", file=TERMINAL, flush=True))
    notice.daemon = True
    notice.start()
    try:
        yield
    finally:
        notice.cancel()
        log.flush()


def collect_static(log: TextIO) -> None:
    """Run collectstatic when a static file is new, changed or gone since the last time."""
    root = Path(settings.STATIC_ROOT)
    stamp = Stamp(root / ".forecourt", fingerprint(_static_sources()))
    if stamp.is_current:
        return
    root.mkdir(parents=True, exist_ok=True)
    call_command(
        "collectstatic",
        interactive=False,
        clear=True,
        verbosity=0,
        ignore_patterns=list(UNUSED),
        stdout=log,
        stderr=log,
    )
    stamp.write()


def _static_sources() -> list[str]:
    """Each file that collectstatic would take, by name, size and time of change."""
    sources = []
    for finder in get_finders():
        for name, storage in finder.list(list(UNUSED)):
            status = Path(storage.path(name)).stat()
            sources.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return sorted(sources)


if __name__ == "__main__":
    sys.exit(main())
