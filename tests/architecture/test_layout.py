"""The traps of the layout: our names against Python's and against our dependencies'."""

import importlib.util
import json
import platform
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUR_NAMES = ("forecourt", "tenants", "apps", "billing", "api", "infra", "tests")


def test_platform_is_pythons_own() -> None:
    assert platform.__file__ is not None
    assert Path(platform.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert platform.system()


def test_the_platform_folder_can_not_be_imported() -> None:
    assert not list((ROOT / "platform").glob("*.py"))


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "manage.py", "shell", "--no-imports", "-c"],
        [sys.executable, "-c"],
    ],
    ids=["manage.py", "python"],
)
def test_platform_is_pythons_own_from_the_root_of_the_repository(command: list[str]) -> None:
    question = "import platform, uuid; print(platform.__file__, platform.system())"

    answer = subprocess.run(
        [*command, question], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert str(ROOT) not in answer.stdout.split()[0]


def test_celery_starts_from_the_root_of_the_repository() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "forecourt.config", "report"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "software -> celery" in answer.stdout


@pytest.mark.parametrize("name", OUR_NAMES)
def test_our_top_level_names_are_found_in_the_repository(name: str) -> None:
    found = importlib.util.find_spec(name)

    assert found is not None
    assert found.origin is not None
    assert Path(found.origin).is_relative_to(ROOT)


def test_every_module_has_its_place_in_the_layers() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {
        contract["name"]: contract
        for contract in configuration["tool"]["importlinter"]["contracts"]
    }
    modules = {path.parent.name for path in (ROOT / "apps").glob("*/__init__.py")}

    assert set(contracts["Inside a module"]["containers"]) == {f"apps.{name}" for name in modules}
    for name in modules:
        if (ROOT / "apps" / name / "models.py").exists() or (
            ROOT / "apps" / name / "models"
        ).exists():
            assert f"A module's models are its own: {name}" in contracts


def test_modules_have_no_drawers_for_odds_and_ends() -> None:
    forbidden = {"utils.py", "helpers.py", "common.py", "services.py", "misc.py"}

    found = [
        path
        for folder in ("platform", "tenants", "billing", "apps", "api", "infra")
        for path in (ROOT / folder).rglob("*.py")
        if path.name in forbidden and "node_modules" not in path.parts
    ]

    assert found == []


@pytest.mark.parametrize(
    "lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name
)
def test_python_locks_name_no_host_and_hash_everything(lock: Path) -> None:
    text = lock.read_text()

    assert not re.search(r"https?://|--index-url|--find-links", text)
    pinned = re.findall(r"^[A-Za-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE))
    assert text.count("--hash=sha256:") >= len(pinned)


@pytest.mark.parametrize(
    "lock", [ROOT / "package-lock.json", ROOT / "infra/setup/chromium/package-lock.json"]
)
def test_npm_locks_name_no_host_and_hash_everything(lock: Path) -> None:
    packages = json.loads(lock.read_text())["packages"]

    installed = {name: entry for name, entry in packages.items() if name}
    assert installed
    assert all("resolved" not in entry for entry in installed.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in installed.values())
