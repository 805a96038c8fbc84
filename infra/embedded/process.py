"""Children that end with their parent, whatever ends it."""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LARGEST_LOG = 10 * 2**20


class EmbeddedError(Exception):
    """A part cannot start or has failed; the message says what to do about it."""


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
    group: int | None = None,
    when_parent_dies: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, so that Ctrl-C reaches only its starter.

    On Linux the kernel sends the child `when_parent_dies` when the starting thread ends: call this
    from the main thread.
    """
    output: IO[bytes] | None = _open_log(log) if log else None
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=None if env is None else dict(env),
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            cwd="/" if user is not None else None,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid(), when_parent_dies),  # noqa: PLW1509 - one thread
        )
    finally:
        if output:
            output.close()


def stop(*processes: subprocess.Popen[bytes], ask: signal.Signals, seconds: float) -> None:
    """Ask children to end, all at once; what has not within the time is ended with its group."""
    deadline = time.monotonic() + seconds
    running = [process for process in processes if process.poll() is None]
    for process in running:
        process.send_signal(ask)
    for process in running:
        try:
            process.wait(max(deadline - time.monotonic(), 0.0))
        except subprocess.TimeoutExpired:
            end_group(process)
            process.wait()


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and everything that it started in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()


def is_running(pid: int, *, named: str) -> bool:
    """Whether that process lives and is called so: numbers are used again, zombies do not live."""
    if not sys.platform.startswith("linux"):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    name, _, rest = state.partition("(")[2].rpartition(")")
    return name == named and rest.split()[0] not in "ZX"


def tail(log: Path, lines: int = 12) -> str:
    """The end of a log, for messages."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """One process at a time; the kernel lets go of the lock when its holder dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_private(folder: Path, *, user: pwd.struct_passwd | None = None) -> None:
    """Make a folder that only its user (else this one) may enter; refuse somebody else's."""
    owner = user.pw_uid if user else os.geteuid()
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, owner, -1)
    except FileExistsError:
        pass
    except PermissionError as problem:
        raise EmbeddedError(f"{folder} cannot be made: {problem.strerror}.") from problem
    status = folder.lstat()
    if status.st_uid != owner or not folder.is_dir() or folder.is_symlink():
        expected = pwd.getpwuid(owner).pw_name
        raise EmbeddedError(
            f"{folder} belongs to another user, {expected} is expected: another account "
            "made it. Remove it, or set FORECOURT_HOME to another folder."
        )
    folder.chmod(0o700)


def require_space(folder: Path, *, megabytes: int) -> None:
    """Raise EmbeddedError when so little room is left that starting would soon fail half-way."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free // 2**20
    if free < megabytes:
        raise EmbeddedError(
            f"{existing} has {free} MB free; at least {megabytes} MB are needed to run. "
            "Make room, or set FORECOURT_HOME to a folder on another disk."
        )


def _open_log(log: Path) -> IO[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(log.suffix + ".old"))
    return log.open("ab")


def _die_with(parent: int, wanted: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def set_up() -> None:
        prctl(PR_SET_PDEATHSIG, wanted, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was told
            os._exit(1)

    return set_up
