"""Bringing every group to this release: rendered once, replayed in each, several at a time.

What a group has is read from its own schema, never believed from a state row, so a run may be cut
off anywhere and repeated. A group is migrated by one transaction: it has the release or it is as it
was. State rows (:class:`GroupMigration`) are for people and for the order of the next run.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connections
from django.db.models import F
from django.db.utils import OperationalError

from tenants import schemas, spaces
from tenants.models import DealerGroup, GroupMigration, Space
from tenants.releases import Applied, Release, settled, this_release
from tenants.scripts import Step, script_for

logger = logging.getLogger(__name__)

TRIES = 5
"""A lock that is not had within its time limit is tried for again, so often."""
State = GroupMigration.State


@dataclass(frozen=True, slots=True)
class Failure:
    slug: str
    schema_name: str
    error: str


@dataclass(slots=True)
class Report:
    """What a run has done. ``left`` counts groups that it did not come to."""

    release: str
    total: int = 0
    current: int = 0
    migrated: int = 0
    left: int = 0
    failures: list[Failure] = field(default_factory=list)
    stopped: str = ""
    milliseconds: int = 0

    @property
    def ok(self) -> bool:
        return not self.failures and not self.left


@dataclass(frozen=True, slots=True)
class _Task:
    slug: str
    schema_name: str
    steps: list[Step]
    plant: bool
    is_lost: bool


def migrate_groups(
    *,
    workers: int = 2,
    canaries: Iterable[str] = (),
    max_failures: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Migrate every group that is behind, and report each that fails while going on.

    ``canaries`` are addresses of groups that go first: when one of them fails, no other is touched.
    After ``max_failures`` failures nothing further is begun. Raises NotReplayable before anything
    is changed when a pending migration cannot be replayed.
    """
    started = time.perf_counter()
    release = this_release()
    report = Report(release=release.name)
    tasks = _pending(release, report)
    first = set(canaries)
    stages = [
        ([task for task in tasks if task.slug in first], 0, "a canary failed"),
        ([task for task in tasks if task.slug not in first], max_failures, "too many failures"),
    ]
    advance = _counter(progress, len(tasks))
    report.left = len(tasks)
    for batch, budget, reason in stages:
        _run(batch, release, workers, budget, report, advance)
        if len(report.failures) > budget:
            report.stopped = reason
            break
    report.milliseconds = round((time.perf_counter() - started) * 1000)
    return report


def _pending(release: Release, report: Report) -> list[_Task]:
    """Who is behind, and by which steps; those who failed last time come last."""
    groups = dict(
        DealerGroup.objects.exclude(state=DealerGroup.State.CLOSED)
        .order_by("id")
        .values_list("schema_name", "slug")
    )
    known = {space.schema_name: space for space in Space.objects.filter(schema_name__in=groups)}
    applied = schemas.applied_in(groups)
    # A schema without tables is a loss that a migration must not paper over.
    scripts: dict[Applied, list[Step]] = {frozenset(): []}
    tasks = []
    for schema_name, slug in groups.items():
        recorded = applied[schema_name]
        if recorded not in scripts:
            scripts[recorded] = _script(release, recorded)
        space = known.get(schema_name)
        plant = space is None or space.seeds != release.seeds
        behind = space is None or space.release != release.name
        if scripts[recorded] or plant or behind or not recorded:
            tasks.append(_Task(slug, schema_name, scripts[recorded], plant, not recorded))
    report.total, report.current = len(groups), len(groups) - len(tasks)
    failed_before = _open_states(release, tasks)
    return sorted(tasks, key=lambda task: task.schema_name in failed_before)


def _script(release: Release, recorded: Applied) -> list[Step]:
    if settled(recorded) >= release.migrations:
        return []
    return script_for(release, recorded)


def _open_states(release: Release, tasks: list[_Task]) -> set[str]:
    """Make the rows that say what is to do; returns the schemas that failed in an earlier run."""
    names = [task.schema_name for task in tasks]
    GroupMigration.objects.bulk_create(
        [GroupMigration(schema_name=name, release=release.name) for name in names],
        ignore_conflicts=True,
    )
    mine = GroupMigration.objects.filter(release=release.name, schema_name__in=names)
    failed = set(mine.filter(state=State.FAILED).values_list("schema_name", flat=True))
    mine.update(state=State.PENDING)
    return failed


def _run(
    tasks: list[_Task],
    release: Release,
    workers: int,
    budget: int,
    report: Report,
    advance: Callable[[], None],
) -> None:
    """Work through the tasks in ``workers`` threads until more than ``budget`` have failed."""
    waiting = iter(tasks)
    lock = threading.Lock()

    def work() -> None:
        try:
            while True:
                with lock:
                    task = next(waiting, None) if len(report.failures) <= budget else None
                if task is None:
                    return
                error = _migrate(task, release)
                with lock:
                    report.left -= 1
                    if error:
                        report.failures.append(Failure(task.slug, task.schema_name, error))
                    else:
                        report.migrated += 1
                    advance()
        finally:
            connections.close_all()  # they belong to this thread and would stay open

    threads = [threading.Thread(target=work) for _worker in range(min(workers, len(tasks)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _migrate(task: _Task, release: Release) -> str:
    """Returns what went wrong, or an empty text."""
    started = time.perf_counter()
    error = ""
    try:
        if task.is_lost:
            raise LookupError("The group's schema is missing or has no tables.")
        migrate_schema(task.schema_name, task.steps, plant=task.plant)
    except Exception as problem:  # whatever one group's data provokes, the others go on
        error = f"{type(problem).__name__}: {problem}".strip()
        logger.exception("group not migrated", extra={"group": task.schema_name})
    GroupMigration.objects.filter(schema_name=task.schema_name, release=release.name).update(
        state=State.FAILED if error else State.DONE,
        attempts=F("attempts") + 1,
        milliseconds=round((time.perf_counter() - started) * 1000),
        error=error[:1000],
    )
    if not error:
        Space.objects.filter(schema_name=task.schema_name).update(
            release=release.name, seeds=release.seeds
        )
    return error


def migrate_schema(schema_name: str, steps: list[Step], *, plant: bool = False) -> None:
    """Replay steps in one group, trying again for locks that others hold.

    Raises the database's error, and the schema is then as it was.
    """
    for attempt in range(1, TRIES + 1):
        try:
            schemas.apply(schema_name, steps)
            break
        except OperationalError:
            if attempt == TRIES:
                raise
            time.sleep(0.2 * attempt)
    if plant:
        schemas.grant(schema_name)
        spaces.plant(schema_name)


def _counter(progress: Callable[[int, int], None] | None, total: int) -> Callable[[], None]:
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    return advance
