"""Large files on their way to S3: what the web workers hold meanwhile."""

from __future__ import annotations

import http.client
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra.bench.client import Client
from infra.bench.figures import Bench, Result
from infra.bench.site import ROOT, free_port

FILES = 8
BUCKET, KEY, SECRET = "forecourt-bench", "bench", "bench-secret"
SECONDS_TO_LISTEN = 60
SAMPLES_A_SECOND = 20


def k7_uploads(bench: Bench) -> Iterator[Result]:
    """Eight films at once, announced to the product and sent to S3 in parts."""
    folder = bench.site.home / "s3"
    (folder / BUCKET).mkdir(parents=True)
    with _rclone(folder) as address, _web(bench, address) as (port, process):
        client = Client(port, bench.filled.host, bench.filled.token)
        kind, unit = _place(client)
        size = bench.scale.upload_megabytes * 2**20
        # Every thread of the workers has had its first calls before anything is counted.
        for _number in range(FILES):
            _bring(client.again(), kind, unit, 2**20)
        memory = _Watch(process.pid)
        began = time.perf_counter()
        with memory, ThreadPoolExecutor(FILES) as pool:
            list(pool.map(lambda _number: _bring(client.again(), kind, unit, size), range(FILES)))
        taken = time.perf_counter() - began
    megabytes = FILES * bench.scale.upload_megabytes
    what = f"{FILES} uploads of {bench.scale.upload_megabytes} MB at once"
    yield Result("K7", f"web workers before {what}", memory.first / 1024, "MB")
    yield Result("K7", f"web workers at their highest during {what}", memory.most / 1024, "MB")
    yield Result("K7", f"{what}", megabytes / taken, "MB/s")


@contextmanager
def _rclone(folder: Path) -> Iterator[str]:
    port = free_port()
    address = f"127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("rclone")), "serve", "s3", str(folder)]
    options = ["--addr", address, "--auth-key", f"{KEY},{SECRET}", "--config", "/dev/null"]
    with _running([*command, *options], dict(os.environ), port):
        yield f"http://{address}"


@contextmanager
def _web(bench: Bench, address: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The product's web server once more, with its files in S3."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "python:infra.embedded.gunicorn"]
    variables = {
        "S3_BUCKET": BUCKET,
        "S3_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    process = _running([*command, "--bind", f"127.0.0.1:{port}"], {**os.environ, **variables}, port)
    with process as running:
        yield port, running


@contextmanager
def _running(
    command: list[str], variables: dict[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=quiet, stderr=quiet)
    try:
        _wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_LISTEN
    while True:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _place(client: Client) -> tuple[str, str]:
    """A kind of document that takes films, and a vehicle to which they belong."""
    kinds = client.expect(200, "GET", "/api/v1/document-kinds?limit=200").json["data"]
    units = client.expect(200, "GET", "/api/v1/stock-units?limit=1").json["data"]
    kind = next(kind for kind in kinds if "film" in kind["types"])
    return kind["id"], units[0]["id"]


def _bring(client: Client, kind: str, unit: str, size: int) -> None:
    """What a browser does: announce, send whole or part by part, say that it is complete."""
    begun = client.expect(
        201,
        "POST",
        "/api/v1/documents",
        {
            "subject": "vehicles.stock_unit",
            "subject_id": unit,
            "kind_id": kind,
            "name": "film.mp4",
            "size": size,
        },
    ).json
    place = f"/api/v1/documents/{begun['document']['id']}"
    if begun["request"]:
        _put(begun["request"], 1, size, size)
    for number in range(1, begun["part_count"] + 1):
        length = min(begun["part_size"], size - (number - 1) * begun["part_size"])
        path = f"{place}/versions/{begun['version']}/parts"
        answer = client.expect(200, "POST", path, {"numbers": [number]})
        _put(answer.json["parts"][0]["request"], number, length, size)
    client.expect(200, "POST", f"{place}/complete", {})


def _put(request: dict[str, Any], number: int, length: int, size: int) -> None:
    head = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", size - 16, b"mdat")
    body = head + bytes(length - len(head)) if number == 1 else bytes(length)
    parts = urlsplit(request["url"])
    connection = http.client.HTTPConnection(parts.netloc, timeout=300)
    connection.request("PUT", f"{parts.path}?{parts.query}", body, request["headers"])
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise AssertionError(f"The store answered {status}.")


class _Watch:
    """Kilobytes of the server's processes: shared pages count once, the highest is kept."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ended = threading.Event()
        self.first = self.most = self._now()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(1 / SAMPLES_A_SECOND):
            self.most = max(self.most, self._now())

    def _now(self) -> int:
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return sum(self._proportional(pid) for pid in [str(self._pid), *children])

    @staticmethod
    def _proportional(pid: str) -> int:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
