"""`make run` from its first start to its second, with everything killed that can be killed."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SECONDS_OF_A_FIRST_START = 240
ROOT = Path(__file__).resolve().parents[2]


def environment(home: Path, port: int) -> dict[str, str]:
    """What a person's shell would hold, and nothing of the suite's."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "FORECOURT_HOME": str(home), "PORT": str(port)}


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def begin(home: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "infra.embedded.run"],
        cwd=ROOT,
        env=environment(home, port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def end(run: subprocess.Popen[str]) -> str:
    run.send_signal(signal.SIGTERM)
    said, _ = run.communicate(timeout=60)
    return said


def status(port: int, path: str, host: str = "localhost") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool], *, seconds: float, run: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if run.poll() is not None:
            pytest.fail(f"make run ended:\n{run.communicate()[0]}")
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


def children(parent: int) -> dict[int, str]:
    """The direct children by number, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found[int(folder.name)] = command
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def child(run: subprocess.Popen[str], word: str) -> int:
    return next(pid for pid, command in children(run.pid).items() if word in command)


@pytest.mark.timeout(600)
def test_a_run_serves_heals_ends_and_starts_again(home: Path) -> None:
    port = free_port()
    run = begin(home, port)
    try:
        wait_for(lambda: status(port, "/readyz") == 200, seconds=SECONDS_OF_A_FIRST_START, run=run)
        for host in ("localhost", "huadong.localhost", "jinling.localhost"):
            assert status(port, "/", host) in {200, 302}
        assert status(port, "/", "nobody.localhost") == 404

        # Another terminal finds the database and the keys by the folder alone.
        verified = subprocess.run(
            [sys.executable, "manage.py", "verify"],
            cwd=ROOT,
            env=environment(home, port),
            capture_output=True,
            text=True,
            check=False,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr

        for word in ("gunicorn", "postgres", "redis-server", "celery"):
            if word == "redis-server" and not (home / "redis").exists():
                continue
            killed = child(run, word)
            os.kill(killed, signal.SIGKILL)
            wait_for(
                lambda word=word, killed=killed: any(
                    word in command and pid != killed for pid, command in children(run.pid).items()
                ),
                seconds=60,
                run=run,
            )
            wait_for(lambda: status(port, "/readyz") == 200, seconds=60, run=run)

        parts = children(run.pid)
        said = end(run)
        assert run.returncode == 0, said
        assert "http://huadong.localhost" in said
        assert not [pid for pid in parts if lives(pid)]

        run = begin(home, port)
        began = time.monotonic()
        wait_for(lambda: status(port, "/readyz") == 200, seconds=60, run=run)
        assert time.monotonic() - began < 45
        assert status(port, "/", "huadong.localhost") in {200, 302}
        parts = children(run.pid)

        run.kill()
        run.communicate()
        deadline = time.monotonic() + 40
        while any(lives(pid) for pid in parts):
            assert time.monotonic() < deadline, "a part outlived its killed supervisor"
            time.sleep(0.2)
    finally:
        if run.poll() is None:
            end(run)
