"""Groups: how fast one is opened, what one more costs in memory, and all of them migrated."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from infra.bench.client import Client
from infra.bench.figures import Bench, Result, medians_of
from infra.bench.site import FLOOR_SETTINGS, ROOT, SETTINGS, environment

DOMAIN = "localhost"
FURTHER = 20
LATER_SETTINGS = "infra.bench.settings_later"
PASSWORD = "correct horse battery"


# --- W1: signing up -----------------------------------------------------------------------------


def w1_sign_up(bench: Bench) -> Iterator[Result]:
    """As a browser walks it: form, mailed link, its button, the link in, the first page."""
    from tenants import spaces

    spaces.fill_pool(bench.scale.sign_ups)
    walks = [_walk(bench, number) for number in range(bench.scale.sign_ups)]
    sql, django = medians_of(
        [
            lambda number: bench.sql.execute(
                "INSERT INTO sign_up (slug, password) VALUES (%s, 'hashed')", [f"sql-{number}"]
            ),
            lambda number: bench.floor.expect(
                201, "POST", "/sign-up", {"slug": f"django-{number}", "password": PASSWORD}
            ),
        ],
        bench.scale.sign_ups,
    )
    for place, what in enumerate(("sign-up, form to first page", "of it, from the mailed link on")):
        taken = statistics.median(walk[place] for walk in walks)
        yield Result(
            "W1", what, taken, "s", sql if not place else None, django if not place else None
        )


def _walk(bench: Bench, number: int) -> tuple[float, float]:
    """Seconds that the server took for all requests, and for those from the mailed link on."""
    slug = f"fresh-{number}"
    public = Client(bench.site.port, DOMAIN)
    began = time.perf_counter()
    public.expect(200, "GET", "/signup/")
    public.follow(
        public.submit(
            "/signup/",
            {
                "group_name": "旭日汽车集团",
                "slug": slug,
                "country": "CN",
                "store_count": "3",
                "person_name": "李强",
                "email": f"li@{slug}.example",
                "password": PASSWORD,
            },
        )
    )
    public.expect(200, "GET", "/signup/sent/")
    asked = time.perf_counter() - began
    link = _mailed_link(bench, slug)
    began = time.perf_counter()
    public.expect(200, "GET", link)
    way_in = urlsplit(public.follow(public.submit(link, {})))
    inside = Client(bench.site.port, way_in.hostname or "")
    page = inside.follow(inside.send("GET", f"{way_in.path}?{way_in.query}"))
    inside.expect(200, "GET", page)
    opened = time.perf_counter() - began
    return asked + opened, opened


def _mailed_link(bench: Bench, slug: str) -> str:
    for path in sorted((bench.site.home / "mail").glob("*.log"), reverse=True):
        text = path.read_text(errors="replace").replace("=\n", "").replace("=3D", "=")
        if f"li@{slug}.example" in text:
            found = re.search(r"(/signup/confirm/\?key=[\w-]+)", text)
            if found:
                return found[1]
    raise AssertionError(f"No mail to li@{slug}.example")


# --- W7: memory ---------------------------------------------------------------------------------


def w7_memory(bench: Bench) -> Iterator[Result]:
    """What a web worker holds, and what one further group and twenty of them add to it."""
    from tenants.erasure import erase
    from tenants.groups import register_group

    groups = [
        register_group(slug=f"memory-{number:02d}", name="Memory")
        for number in range(1 + min(FURTHER, bench.scale.groups))
    ]
    hosts = [f"{group.slug}.{DOMAIN}" for group in groups]
    _visit(bench, [bench.filled.host, hosts.pop()], bench.scale.warm_requests)
    before = _kilobytes(bench, SETTINGS)
    floor = _kilobytes(bench, FLOOR_SETTINGS)
    workers = 2
    yield Result("W7", "memory of a web worker", before / workers / 1024, "MB",
                 None, floor / workers / 1024)  # fmt: skip
    for count in sorted({1, len(hosts)}):
        _visit(bench, hosts[:count], bench.scale.warm_requests)
        more = (_kilobytes(bench, SETTINGS) - before) / count
        yield Result("W7", f"more for each of {count} further groups", more, "KB")
    for group in groups:
        erase(group)


def _visit(bench: Bench, hosts: list[str], times: int) -> None:
    """The same number of requests however many groups there are: only groups may differ."""
    for number in range(times):
        Client(bench.site.port, hosts[number % len(hosts)]).expect(200, "GET", "/accounts/login/")


def _kilobytes(bench: Bench, settings: str) -> int:
    """Proportional memory of gunicorn's processes under these settings: shared pages count once."""
    marks = [f"FORECOURT_HOME={bench.site.home}", f"DJANGO_SETTINGS_MODULE={settings}"]
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            variables = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
            if b"gunicorn" in (folder / "cmdline").read_bytes() and set(marks) <= set(variables):
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:  # ended meanwhile, or another user's
            continue
    return total


# --- W10: migrations ----------------------------------------------------------------------------


def w10_migrations(bench: Bench) -> Iterator[Result]:
    """`migrate_groups` over many groups: nothing to do, and one column more."""
    from tenants.groups import register_group
    from tenants.models import DealerGroup

    missing = bench.scale.groups - DealerGroup.objects.count()
    for number in range(missing):
        register_group(slug=f"migrated-{number:04d}", name="Migrated")
    count = DealerGroup.objects.count()
    reading, altering = _floor_of_migrations(bench, count)
    for what, settings, floor in (
        ("nothing to do", SETTINGS, reading),
        ("one column more", LATER_SETTINGS, altering),
    ):
        taken = _migrate(bench, settings)
        yield Result("W10", f"{what}, each of {count} groups", taken / count, "ms", floor)


def _migrate(bench: Bench, settings: str) -> float:
    """Milliseconds of the command's own work, without starting Python and Django."""
    code = (
        "import django, io, time; django.setup()\n"
        "from django.core.management import call_command\n"
        "began = time.perf_counter()\n"
        "call_command('migrate_groups', stdout=io.StringIO())\n"
        "print('TOOK', (time.perf_counter() - began) * 1000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment(bench.site.home, bench.site.port), "DJANGO_SETTINGS_MODULE": settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr[-2000:])
    return float(done.stdout.rsplit("TOOK", 1)[1])


def _floor_of_migrations(bench: Bench, count: int) -> tuple[float, float]:
    """Milliseconds a schema: what it has been given is read; a column is added and noted."""
    for number in range(count):
        bench.sql.execute(f"CREATE SCHEMA bench_{number}")
        bench.sql.execute(f"CREATE TABLE bench_{number}.applied (name text)")
        bench.sql.execute(f"CREATE TABLE bench_{number}.saved_view (id bigint)")
    began = time.perf_counter()
    for number in range(count):
        bench.sql.execute(f"SELECT name FROM bench_{number}.applied").fetchall()
    reading = (time.perf_counter() - began) * 1000 / count
    began = time.perf_counter()
    for number in range(count):
        with bench.sql.transaction():
            bench.sql.execute(f"ALTER TABLE bench_{number}.saved_view ADD COLUMN extra integer")
            bench.sql.execute(f"INSERT INTO bench_{number}.applied VALUES ('column')")
    return reading, (time.perf_counter() - began) * 1000 / count
