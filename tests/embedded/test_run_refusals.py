"""What `make run` says when it cannot start."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from infra.embedded.run import only_run


def run(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "infra.embedded.run"],
        env={**os.environ, "FORECOURT_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_occupied_port_is_named_before_anything_starts(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        refused = run(home, PORT=str(port))

    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert not (home / "postgres").exists()


def test_a_port_that_is_none_is_refused(home: Path) -> None:
    refused = run(home, PORT="web")

    assert refused.returncode == 1
    assert "PORT must be a number" in refused.stderr


def test_a_second_run_on_the_same_folder_is_refused(home: Path) -> None:
    with only_run(home):
        refused = run(home, PORT="1")

    assert refused.returncode == 1
    assert f"already runs in {home} (process {os.getpid()})" in refused.stderr
