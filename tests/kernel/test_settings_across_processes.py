"""A decision made in one process counts in every other from its next request on."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from forecourt.config import embedded
from forecourt.kernel.groups import GroupIdentity


def url_of(alias: str) -> str:
    home = Path(os.environ["FORECOURT_HOME"]).resolve()
    return embedded.database_url(home, settings.DATABASES[alias]["NAME"], "forecourt_app")


@pytest.fixture
def process(live_group: GroupIdentity, tmp_path: Path) -> Iterator[Callable[[], Callable]]:
    """``ask = process()``: ``ask("")`` answers value and queries, ``ask("12")`` decides."""
    started = []

    def start() -> Callable[[str], str]:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.kernel.settings_reader", live_group.schema_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "tests.kernel.reader_settings",
                "TEST_GROUPS": url_of("default"),
                "TEST_CONTROL": url_of("control"),
                "TEST_CACHE": str(tmp_path),
            },
        )
        started.append(child)

        def ask(line: str) -> str:
            child.stdin.write(line + "\n")
            child.stdin.flush()
            return child.stdout.readline().strip()

        return ask

    yield start
    for child in started:
        child.stdin.close()
        child.wait(30)
        child.stdout.close()


def test_every_process_sees_a_decision_on_its_next_request_and_asks_the_database_for_that_alone(
    process,
):
    one, two = process(), process()
    assert one("").startswith("30 ")
    assert two("") == "30 0", "what one process has read the other takes from the shared cache"

    assert one("12") == "decided"

    assert two("").startswith("12 ")
    assert two("") == "12 0"
    assert one("") == "12 0"
    assert two("13") == "decided"
    assert one("").startswith("13 ")
