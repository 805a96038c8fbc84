"""The schedule: what recurs is started where something is due, and only there."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from forecourt.config.celery import app
from forecourt.kernel import outbox, schedule
from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity, current_group, current_schema, identity_of
from forecourt.kernel.models import MeasureDelta, OutboxMessage
from forecourt.kernel.tasks import UnknownGroup, group_task
from tenants import sweeps
from tenants.models import DealerGroup, Space

ran: list[str] = []


@group_task
def note() -> None:
    group = current_group()
    ran.append(group.slug if group else current_schema())


@pytest.fixture(autouse=True)
def own_schedule(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(schedule, "_recurring", list(schedule._recurring))
    ran.clear()
    yield
    cache.clear()


def _due(group: GroupIdentity, moment: datetime) -> list[str]:
    return [item.task.name for item in schedule.due(moment, group)]


def test_every_group_is_visited_and_known_inside(
    group: GroupIdentity, django_capture_on_commit_callbacks: Any
) -> None:
    schedule.every(minutes=1)(note)

    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep_groups()

    assert ran == ["alpha", "beta"]


def test_only_groups_in_which_something_is_due_get_work(
    group: GroupIdentity, django_capture_on_commit_callbacks: Any
) -> None:
    schedule.every(minutes=1, when=lambda: current_schema() == group.schema_name)(note)

    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep_groups()

    assert ran == ["alpha"]


def test_many_groups_are_shared_among_workers(
    group: GroupIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[list[int]] = []
    monkeypatch.setattr(sweeps, "GROUPS_A_TASK", 1)
    monkeypatch.setattr(
        sweeps.sweep_some, "apply_async", lambda kwargs, **_: sent.append(kwargs["group_ids"])
    )

    sweeps.sweep_groups()

    assert sent == [[DealerGroup.objects.get(slug="beta").pk]]


def test_closed_groups_are_left_alone(
    group: GroupIdentity, django_capture_on_commit_callbacks: Any
) -> None:
    DealerGroup.objects.filter(slug="beta").update(state=DealerGroup.State.CLOSED)
    schedule.every(minutes=1)(note)

    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep_groups()

    assert ran == ["alpha"]


def test_every_five_minutes_means_once_in_five(group: GroupIdentity) -> None:
    schedule.every(minutes=5)(note)
    start = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    minutes = [
        minute
        for minute in range(10)
        if note.name in _due(group, start + timedelta(minutes=minute))
    ]

    assert len(minutes) == 2
    assert minutes[1] - minutes[0] == 5


def test_a_daily_task_runs_once_at_the_groups_own_time(group: GroupIdentity) -> None:
    schedule.daily(at=time(8, 30))(note)
    morning = datetime(2026, 3, 1, 0, 29, tzinfo=UTC)  # 08:29 in Shanghai

    assert note.name not in _due(group, morning)
    assert note.name in _due(group, morning + timedelta(minutes=1))
    assert note.name not in _due(group, morning + timedelta(minutes=2))
    assert note.name in _due(group, morning + timedelta(days=1, minutes=31)), "late, and yet"
    assert note.name not in _due(group, morning + timedelta(days=2, hours=12))


def test_what_waits_in_the_outbox_is_delivered_by_the_sweep(
    group: GroupIdentity,
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delivered: list[str] = []
    monkeypatch.setitem(outbox._handlers, "test.topic", lambda _payload, key: delivered.append(key))
    OutboxMessage.objects.create(
        topic="test.topic", key="1", created_at=now(), available_at=now() - timedelta(minutes=1)
    )

    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep_groups()

    assert delivered == ["1"]


def test_figures_are_folded_by_the_sweep(
    group: GroupIdentity, django_capture_on_commit_callbacks: Any
) -> None:
    MeasureDelta.objects.create(measure="x", store_id=1, date="2026-03-01", quantity=1)

    with django_capture_on_commit_callbacks(execute=True):
        sweeps.sweep_groups()

    assert not MeasureDelta.objects.exists()


def test_what_has_served_is_cleared_out(group: GroupIdentity) -> None:
    old = now() - timedelta(days=40)
    for key, delivered_at in (("old", old), ("new", now()), ("waits", None)):
        OutboxMessage.objects.create(
            topic="test.topic",
            key=key,
            created_at=old,
            available_at=old,
            delivered_at=delivered_at,
        )

    sweeps.clear_out(schema_name=group.schema_name)

    assert set(OutboxMessage.objects.values_list("key", flat=True)) == {"new", "waits"}


def test_a_task_of_a_group_that_is_gone_does_nothing(group: GroupIdentity) -> None:
    for schema_name in ("public", "g_gone", ""):
        with pytest.raises(UnknownGroup):
            note(schema_name=schema_name)
    assert ran == []


def test_a_space_without_a_group_takes_no_tasks(group: GroupIdentity) -> None:
    Space.objects.create(schema_name="g_waiting", release="x", state=Space.State.READY)

    with pytest.raises(UnknownGroup):
        note(schema_name="g_waiting")
    assert identity_of(group.schema_name) == group


def test_the_beat_schedule_names_tasks_that_exist(db: None) -> None:
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
