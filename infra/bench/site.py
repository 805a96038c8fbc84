"""Starts what is measured: the product as `make run` does, and the Django floor beside it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from forecourt.config import embedded

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 600
FLOOR_DATABASE = "bench_floor"
SETTINGS = "forecourt.config.settings.dev"
FLOOR_SETTINGS = "infra.bench.floor.settings"
# The bench fills and throws away what it measures: never what an environment names.
FORGOTTEN = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "CONTROL_DATABASE_URL",
    "CONTROL_DATABASE_OWNER_URL",
    "CELERY_BROKER_URL",
    "CACHE_URL",
    "S3_BUCKET",
    "SECRET_KEY",
    "MASTER_KEY",
    "BASE_DOMAIN",
    "SENTRY_DSN",
    "DEBUG",
)


@dataclass
class Site:
    """Where the two listen, and the folder and process of the product."""

    home: Path
    port: int
    floor_port: int
    product: subprocess.Popen[bytes]

    def superuser(self, database: str = embedded.DATABASE) -> psycopg.Connection:
        return psycopg.connect(
            embedded.database_url(self.home, database, "postgres"), autocommit=True
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(home: Path, port: int) -> dict[str, str]:
    """The variables of every process of the product, this one too once Django is set up."""
    kept = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    return kept | {
        "FORECOURT_HOME": str(home),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "API_RATE_PER_TOKEN": "0",
        "API_RATE_PER_GROUP": "0",
        "LOG_LEVEL": "WARNING",
        "DEMO_DATA": "false",
    }


def remove(home: Path) -> None:
    """Delete the folder, and the database where that stands elsewhere."""
    shutil.rmtree(embedded.postgres_home(home), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def product(home: Path) -> Iterator[Site]:
    """The product with no group yet, in a folder of its own; ends with the block."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    log = (home / "bench.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.embedded.run"],
        cwd=ROOT,
        env=environment(home, port),
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(port, process, home / "bench.log")
        yield Site(home, port, free_port(), process)
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"It did not start:\n{log.read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise SystemExit(f"Nothing listens on {port}:\n{log.read_text()[-2000:]}")


@contextmanager
def floor(site: Site) -> Iterator[None]:
    """The bare endpoints with the same server and the same numbers of workers and threads."""
    url = embedded.database_url(site.home, FLOOR_DATABASE, "postgres")
    command = [sys.executable, "-m", "gunicorn", "django.core.wsgi:get_wsgi_application()"]
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    process = subprocess.Popen(
        [*command, *options, "--keep-alive", "30", "--bind", f"127.0.0.1:{site.floor_port}"],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": FLOOR_SETTINGS,
            "FLOOR_DATABASE_URL": url,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(site.floor_port, process, site.home / "bench.log")
        yield
    finally:
        process.terminate()
        process.wait(30)
