"""The embedded Redis: queue and shared cache on a socket, as a foreground child of this process.

The executable comes out of a Python wheel. Where that wheel does not exist the queue is a folder of
files and the cache another: slower, and what is lost there is found again by the sweeps.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from forecourt.config import embedded
from infra.embedded import process
from infra.embedded.process import EmbeddedError

SECONDS_TO_START = 30


class Redis:
    """One Redis below a folder; a context manager that ends what it started."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self.home / "redis"

    @property
    def socket(self) -> Path:
        return embedded.redis_socket(self.home)

    @property
    def log(self) -> Path:
        return self.folder / "redis.log"

    @staticmethod
    def is_available() -> bool:
        """Whether there is a Redis for this machine."""
        return embedded.redis_server() is not None

    def start(self) -> None:
        """Start the server; raises EmbeddedError with what it said when it cannot."""
        server = embedded.redis_server()
        if server is None:
            raise EmbeddedError("There is no embedded Redis for this machine.")
        if self._answers():
            self._end_orphan()
        process.require_space(self.home, megabytes=100)
        self.folder.mkdir(parents=True, exist_ok=True)
        process.make_private(self.socket.parent)
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            # Messages survive a kill -9: each is handed to the kernel before it is answered. With
            # fsync every second Redis holds writes back while a slow disk is busy, and loses them.
            "appendonly": "yes",
            "appendfsync": "no",
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory": "256mb",
            # The cache gives way; messages carry no expiry and are kept.
            "maxmemory-policy": "volatile-lru",
            "loglevel": "warning",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.process = process.spawn([server, *arguments], log=self.log)
        self._wait_until_ready()

    def stop(self) -> None:
        """End the server if this object started it."""
        if self.process is not None:
            process.stop(self.process, ask=signal.SIGTERM, seconds=10)
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                self.process = None
                raise EmbeddedError(f"Redis did not start:\n{process.tail(self.log)}")
            if self._answers():
                return
            time.sleep(0.02)
        self.stop()
        said = process.tail(self.log)
        raise EmbeddedError(f"Redis was not ready after {SECONDS_TO_START} s:\n{said}")

    def _answers(self) -> bool:
        return self._ask(b"PING").startswith(b"+PONG")

    def _end_orphan(self) -> None:
        """End a server that an earlier starter left; its kernel's signal may be on the way."""
        self._ask(b"SHUTDOWN NOSAVE")
        deadline = time.monotonic() + 10
        while self._answers():
            if time.monotonic() > deadline:
                raise EmbeddedError(f"A Redis from an earlier run does not end: {self.socket}.")
            time.sleep(0.05)

    def _ask(self, command: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(command + b"\r\n")
                return connection.recv(64)
        except OSError:
            return b""
