"""Paths, stamps and subprocesses shared by the set-up steps."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / "var" / "tools"


class SetupError(Exception):
    """A step cannot go on; the message tells the reader what to do about it."""


def say(message: str) -> None:
    """Tell the person at the terminal what takes the time."""
    print(f"  {message}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Run a command quietly; on failure raise SetupError with the end of what it said."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        tail = "\n".join(result.stdout.strip().splitlines()[-25:])
        raise SetupError(f"{what} failed:\n{tail}")


def fingerprint(parts: Iterable[str | Path]) -> str:
    """A digest of texts and of the contents of files; a missing file counts as empty."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            data = part.read_bytes() if part.is_file() else b""
            digest.update(str(part).encode())
        else:
            data = part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


class Stamp:
    """Remembers beside the result of a step which inputs it was made from."""

    def __init__(self, path: Path, value: str) -> None:
        self.path = path
        self.value = value

    @property
    def is_current(self) -> bool:
        return self.path.is_file() and self.path.read_text() == self.value

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".new")
        temporary.write_text(self.value)
        temporary.replace(self.path)


@contextmanager
def exclusive() -> Iterator[None]:
    """One set-up at a time in a checkout: `make run` and `make test` may start together."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up in this folder to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def require_space(path: Path, *, megabytes: int) -> None:
    """Refuse to start what would fill the disk half-way."""
    free = shutil.disk_usage(path).free // 2**20
    if free < megabytes:
        raise SetupError(
            f"{path} has {free} MB free, {megabytes} MB are needed. Make room and run it again."
        )
