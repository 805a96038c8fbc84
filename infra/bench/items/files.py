"""Whole files: 100,000 customers in, as many rows out, and the palette over what is there."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from infra.bench.client import Client
from infra.bench.figures import Bench, Result
from infra.bench.items.imports import import_file, wait_for
from infra.bench.items.pages import session_of

ROWS_BY_SCALE = 10
HEADER = "姓名,手机,生日,微信,地址,备注"
CUSTOMERS = "crm.customer"
TICKS = os.sysconf("SC_CLK_TCK")


class Worker:
    """The Celery worker's processes: how much they compute, and how much memory they come to."""

    def __init__(self, bench: Bench) -> None:
        self._mark = f"FORECOURT_HOME={bench.site.home}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Worker:
        self.memory_before = self.peak = self._kilobytes()
        self._seconds_before = self._cpu_seconds()
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join()
        self.cpu_seconds = self._cpu_seconds() - self._seconds_before
        self.growth_mb = (self.peak - self.memory_before) / 1024

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            self.peak = max(self.peak, self._kilobytes())

    def _folders(self) -> Iterator[Path]:
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                variables = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                command = (folder / "cmdline").read_bytes()
            except OSError:  # ended meanwhile, or another user's
                continue
            if b"celery" in command and b"worker" in command and self._mark in variables:
                yield folder

    def _kilobytes(self) -> int:
        total = 0
        for folder in self._folders():
            lines = (folder / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total

    def _cpu_seconds(self) -> float:
        total = 0
        for folder in self._folders():
            words = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            total += int(words[11]) + int(words[12])
        return total / TICKS


def k3_customers(bench: Bench) -> Iterator[Result]:
    """Customers with five columns of facts: from the upload until the last row is written."""
    rows = bench.scale.import_rows * ROWS_BY_SCALE
    lines = [
        f"{bench.name()},{bench.phone()},19{60 + number % 40}/{number % 12 + 1}/{number % 28 + 1},"
        f"wx{number},浦东新区世纪大道{number}号,老客户"
        for number in range(rows)
    ]
    text = "\n".join([HEADER, *lines])
    began = time.perf_counter()
    with Worker(bench) as worker:
        created = import_file(bench, CUSTOMERS, text)
    taken = time.perf_counter() - began
    if created != rows:
        raise AssertionError(f"{created} of {rows} rows came in")
    yield Result("K3", f"import of {rows} customers", taken, "s")
    yield Result("K3", "of it computed by the worker", worker.cpu_seconds, "s")
    yield Result("K3", "more memory of the worker", max(worker.growth_mb, 0.1), "MB")


def k4_palette(bench: Bench) -> Iterator[Result]:
    """The palette's whole answer, as the browser asks for it, and the same over the API."""
    client = Client(
        bench.site.port,
        bench.filled.host,
        cookies=session_of(bench),
        # Without it the whole page around the results would come.
        headers={"HX-Request": "true"},
    )
    rows = bench.sql.execute(
        "SELECT name, phone FROM customer WHERE phone <> '' AND length(name) > 1 LIMIT 500"
    ).fetchall()
    vins = bench.sql.execute("SELECT vin FROM vehicle WHERE vin IS NOT NULL LIMIT 500").fetchall()
    queries = {
        "two characters of a name": [name[:2] for name, _phone in rows],
        "four digits": [phone[-4:] for _name, phone in rows],
        "the end of a VIN": [vin[-6:] for (vin,) in vins],
        "pinyin initials": ["zw", "lj", "wf", "cx", "hy"],
    }
    for what, texts in queries.items():
        for place, caller, path in (
            ("palette", client, "/search/?"),
            ("API", bench.product, "/api/v1/search?"),
        ):
            yield bench.latency(
                "K4",
                f"{place}: {what}",
                lambda number, caller=caller, path=path, texts=texts: caller.expect(
                    200, "GET", path + urlencode({"q": texts[number % len(texts)]})
                ),
                None,
                None,
            )


def k5_exports(bench: Bench) -> Iterator[Result]:
    """The list of all customers as a file of either kind, written by the worker."""
    from forecourt.accounts.models import User
    from forecourt.kernel.actors import actor_again
    from forecourt.kernel.groups import inside
    from forecourt.kernel.models import Job
    from forecourt.ui.lists import exports

    with inside(bench.filled.schema_name):
        actor = actor_again(User.objects.get(email=bench.filled.email).pk, channel="web")
        for kind in ("csv", "xlsx"):
            began = time.perf_counter()
            with Worker(bench) as worker:
                job = exports.start_export(
                    list_name="crm.customers", kind=kind, query="", actor=actor
                )
                wait_for(job.pk)
            taken = time.perf_counter() - began
            rows = Job.objects.get(pk=job.pk).result["rows"]
            yield Result("K5", f"export of {rows} customers, {kind}", taken, "s")
            yield Result(
                "K5", f"more memory of the worker, {kind}", max(worker.growth_mb, 0.1), "MB"
            )
