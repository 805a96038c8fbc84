"""The module of docs/example is installed into a product of its own and does what the page says."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests import conftest as suite

DOCS = suite.ROOT / "docs"
EXAMPLE = DOCS / "example"
SNIPPET = re.compile(
    r"```(?:python|django)\n(?:#|\{#) (\S+\.(?:py|html))(?: #\})?\n(.*?)```", re.DOTALL
)
LEFT_OUT = re.compile(r"^ *…\n", re.MULTILINE)


@pytest.fixture
def databases(django_db_setup: None, django_db_blocker) -> Iterator[tuple[str, str]]:
    """Copies of the suite's template, for a process that installs one module more."""
    own = f"example_{os.getpid()}", f"examplec_{os.getpid()}"
    with django_db_blocker.unblock(), suite._superuser() as server:
        for name, prefix in zip(own, (r"tpl\_%", r"tplc\_%"), strict=True):
            (template,) = server.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %s", [prefix]
            ).fetchone()
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER forecourt_owner')
        yield own
        for name in own:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_example_module_works_in_a_product_that_has_it(databases: tuple[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "docs/example/tests"],
        cwd=suite.ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "docs.example.settings",
            "GROUP_DATABASE": databases[0],
            "CONTROL_DATABASE": databases[1],
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


def test_the_page_shows_the_code_of_the_example() -> None:
    page = (DOCS / "kernel.md").read_text(encoding="utf-8")
    snippets = SNIPPET.findall(page)
    shown = {name for name, _code in snippets}

    strays = [
        f"{name}: {piece.splitlines()[0]}"
        for name, code in snippets
        for piece in LEFT_OUT.split(code)
        if piece.strip() and piece.rstrip("\n") not in (EXAMPLE / name).read_text(encoding="utf-8")
    ]

    assert strays == []
    declaring = {"permissions", "group_settings", "option_lists", "custom_hosts", "feed", "checks"}
    declaring |= {"approval_kinds", "notifications", "measures", "search_sources", "importers"}
    assert {f"apps/loaners/{name}.py" for name in declaring} <= shown
