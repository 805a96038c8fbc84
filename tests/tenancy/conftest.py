"""Tests that change all groups get a platform of their own: databases copied from the template."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from tenants.groups import register_group
from tenants.models import DealerGroup
from tenants.releases import this_release
from tests import conftest as suite
from tests.tenancy import later

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Platform:
    """A whole platform for one test: whatever it commits is gone afterwards."""

    databases: tuple[str, str]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def add_groups(self, count: int) -> list[DealerGroup]:
        return [
            register_group(slug=f"group-{number}", name=f"Group {number}")
            for number in range(1, count + 1)
        ]

    def release(self, *migrations: str) -> None:
        """From now on this process knows further migrations of tests/tenancy/later."""
        os.environ["FORECOURT_LATER"] = " ".join(migrations)
        this_release.cache_clear()

    def run(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """A command of this process with ``--json``: its answer, and ``exit``."""
        output = StringIO()
        code = 0
        try:
            call_command(*arguments, json=True, stdout=output, **options)
        except SystemExit as end:
            code = int(end.code or 0)
        return {**json.loads(output.getvalue()), "exit": code}

    def spawn(self, *arguments: str, migrations: str = "") -> subprocess.Popen[str]:
        """``manage.py`` as a process of its own, on the same databases."""
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.tenancy.settings_later",
                "FORECOURT_LATER": migrations,
                "GROUP_DATABASE": self.databases[0],
                "CONTROL_DATABASE": self.databases[1],
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; their answers or errors in order."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[index] = call()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index, call)) for index, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def platform(django_db_setup: None, django_db_blocker: Any) -> Iterator[Platform]:
    """The two groups of the template and nothing else, in databases of this test's own."""
    former = (
        connections["default"].settings_dict["NAME"],
        connections["control"].settings_dict["NAME"],
    )
    own = f"platform_{os.getpid()}", f"platformc_{os.getpid()}"
    with django_db_blocker.unblock():
        with suite._superuser() as server:
            for name, prefix in zip(own, (r"tpl\_%", r"tplc\_%"), strict=True):
                (template,) = server.execute(
                    "SELECT datname FROM pg_database WHERE datname LIKE %s", [prefix]
                ).fetchone()
                server.execute(
                    f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER forecourt_owner'
                )
        suite._point_at(*own)
        cache.clear()
        platform = Platform(own)
        platform.release()
        this_release.cache_clear()
        modules = {**settings.MIGRATION_MODULES, "kernel": later.__name__}
        with override_settings(MIGRATION_MODULES=modules):
            yield platform
        for process in platform.processes:
            process.kill()
            process.communicate()
        this_release.cache_clear()
        cache.clear()
        suite._point_at(*former)
        with suite._superuser() as server:
            for name in own:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
