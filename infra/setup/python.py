"""The virtual environment: locked packages with hashes, and our own code as an editable install."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tomllib
from pathlib import Path

from infra.setup.machine import (
    PYTHON,
    ROOT,
    VENV,
    SetupError,
    Stamp,
    fingerprint,
    require_space,
    run,
    say,
)

LOCKS = {"run": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}


def install(kind: str) -> None:
    """Make .venv hold what `kind` ("run", or "dev" which includes it) needs.

    Raises SetupError when the machine cannot make environments or a package cannot be had.
    """
    stamps = {
        name: Stamp(VENV / f".forecourt-{name}", _wanted(lock)) for name, lock in LOCKS.items()
    }
    if _works() and any(stamps[name].is_current for name in {kind, "dev"}):
        return
    _create()
    lock = LOCKS[kind]
    say(f"installing the Python packages of {lock.name} (about a minute the first time)")
    require_space(ROOT, megabytes=700 if kind == "run" else 1500)
    pip("install", "--require-hashes", "-r", lock, what=f"Installing {lock.name}")
    # The lock holds the build backend, so nothing unpinned is fetched to build our own package.
    ourselves: list[str | Path] = [
        "install",
        "--no-deps",
        "--no-build-isolation",
        "--editable",
        ROOT,
    ]
    pip(*ourselves, what="Installing Forecourt")
    stamps[kind].write()


def pip(*arguments: str | Path, what: str) -> None:
    """Run the environment's pip with the machine's own configuration (index, certificates)."""
    environment = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    run([PYTHON, "-m", "pip", *arguments, "--quiet", "--no-input"], what=what, env=environment)


def _wanted(lock: Path) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # What the installation is made from; the tools' settings in the same file are not.
    ours = [project["project"], project["build-system"], project["tool"]["hatch"]]
    return fingerprint([lock, repr(ours), platform.python_version()])


def _works() -> bool:
    """Whether the environment is there and of the Python that runs this."""
    if not PYTHON.exists():
        return False
    question = [str(PYTHON), "-c", "import platform; print(platform.python_version())"]
    answer = subprocess.run(question, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == platform.python_version()


def _create() -> None:
    if not _works():
        say(f"making a Python environment in {VENV.relative_to(ROOT)}")
        _make_environment("--clear")
    has_pip = subprocess.run(
        [str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False
    )
    if has_pip.returncode:
        run([PYTHON, "-m", "ensurepip", "--upgrade"], what="Installing pip")


def _make_environment(*options: str) -> None:
    # Called from another environment, the base interpreter is the one that stays.
    base = Path(getattr(sys, "_base_executable", sys.executable))
    try:
        run([base, "-m", "venv", *options, VENV], what="Making the environment")
    except SetupError as refusal:
        raise SetupError(
            f"{refusal}\n{base} cannot make virtual environments. On Debian and Ubuntu: "
            "apt-get install python3-venv."
        ) from None
    if not os.access(PYTHON, os.X_OK):
        raise SetupError(f"{PYTHON} is missing after making the environment.")
