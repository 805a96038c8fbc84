"""Group tasks: in their own group or not at all, and lost messages lose no work."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TestCase

from forecourt.config import embedded
from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import OutboxMessage, Preference
from forecourt.kernel.tasks import UnknownGroup, enqueue, group_task
from infra.embedded.redis import Redis

ROOT = Path(__file__).resolve().parents[2]


@group_task
def note_schema(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        Preference.objects.create(owner_id=1, key=key, value=cursor.fetchone()[0])


def test_a_task_runs_in_the_group_of_whoever_sent_it(
    group: GroupIdentity, other_group: GroupIdentity
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True), inside(other_group):
        enqueue(note_schema, key="k")

    assert not Preference.objects.exists()
    with inside(other_group):
        assert Preference.objects.get().value == other_group.schema_name


def test_a_task_of_no_group_refuses_to_run(group: GroupIdentity) -> None:
    for schema_name in ("public", "g_gone", ""):
        with pytest.raises(UnknownGroup):
            note_schema(schema_name=schema_name, key="k")
    assert not Preference.objects.exists()


def test_a_rolled_back_transaction_sends_no_task(group: GroupIdentity) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        try:
            with transaction.atomic():
                enqueue(note_schema, key="k")
                raise RuntimeError
        except RuntimeError:
            pass

    assert not Preference.objects.exists()


class Worker:
    """A Celery worker of its own, on the test's databases and a queue of its own."""

    def __init__(self, home: Path, broker: str) -> None:
        names = settings.DATABASES
        host = Path(os.environ["FORECOURT_HOME"]).resolve()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.kernel.worker_settings",
            "TEST_GROUPS": embedded.database_url(host, names["default"]["NAME"], "forecourt_app"),
            "TEST_CONTROL": embedded.database_url(host, names["control"]["NAME"], "forecourt_app"),
            "TEST_BROKER": broker,
            "TEST_MARKS": str(home / "marks"),
        }
        (home / "marks").mkdir()
        self.log = (home / "worker.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "celery", "-A", "forecourt.config", "worker"]
        options = ["--pool", "prefork", "--concurrency", "2", "--without-gossip", "-l", "WARNING"]
        self.process = subprocess.Popen(
            command + options,
            cwd=ROOT,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """The queue that `make run` uses on this machine: Redis, or files where there is none."""
    with ExitStack() as parts:
        if Redis.is_available():
            parts.enter_context(Redis(tmp_path))
        yield embedded.broker_url(tmp_path.resolve())


@pytest.fixture
def worker(live_group: GroupIdentity, broker: str, tmp_path: Path) -> Iterator[Worker]:
    started = Worker(tmp_path, broker)
    try:
        yield started
    finally:
        started.kill()
        started.log.close()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def test_a_worker_killed_twice_in_the_middle_delivers_everything(
    live_group: GroupIdentity, worker: Worker, tmp_path: Path
) -> None:
    """Forty messages; the worker dies twice while delivering. Each arrives; the far side sees the
    same key again where it died after the delivery and before the note of it."""
    moment = now()
    OutboxMessage.objects.bulk_create(
        OutboxMessage(topic="mark", key=str(n), created_at=moment, available_at=moment)
        for n in range(40)
    )
    marks = tmp_path / "marks"

    def delivered() -> int:
        return len({path.name.split(".")[0] for path in marks.iterdir()})

    for enough in (5, 15):
        worker.start()
        send(worker, live_group)
        wait_until(lambda enough=enough: delivered() >= enough)
        worker.kill()
    OutboxMessage.objects.filter(delivered_at__isnull=True).update(available_at=now())
    worker.start()
    send(worker, live_group)
    wait_until(_all_delivered)

    assert delivered() == 40
    assert len(list(marks.iterdir())) <= 40 + 2 * 2


def test_a_flood_of_files_does_not_hold_up_what_somebody_waits_for(
    live_group: GroupIdentity, worker: Worker, tmp_path: Path
) -> None:
    worker.start()
    _write_message("awake")
    send(worker, live_group)
    wait_until(_all_delivered)

    _write_message("waited-for")
    send(worker, live_group, files=60)
    sent_at = time.time()
    wait_until(_all_delivered)

    [delivered_at] = _marked(tmp_path, "waited-for")
    meanwhile = [at for at in _marked(tmp_path, "flood-") if sent_at < at < delivered_at]
    assert len(meanwhile) < 12, "each of the two processes ended what it was at"


def _marked(folder: Path, beginning: str) -> list[float]:
    """When each of these marks was left."""
    return [path.stat().st_mtime for path in (folder / "marks").glob(f"{beginning}*")]


def _write_message(key: str) -> None:
    moment = now()
    OutboxMessage.objects.create(topic="mark", key=key, created_at=moment, available_at=moment)


def _all_delivered() -> bool:
    return not OutboxMessage.objects.filter(delivered_at__isnull=True).exists()


def send(worker: Worker, group: GroupIdentity, files: int = 0) -> None:
    """Wake the worker as a web process would, in a process that knows its queue."""
    code = (
        "import django; django.setup()\n"
        "from tests.kernel.marking.tasks import dawdle\n"
        f"[dawdle.delay(number) for number in range({files})]\n"
        "from forecourt.kernel.outbox import deliver_due\n"
        f"deliver_due.apply_async(kwargs={{'schema_name': {group.schema_name!r}}})\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=worker.environment, check=True, timeout=60
    )
    connections["default"].close()
