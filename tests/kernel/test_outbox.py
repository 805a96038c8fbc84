from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import TestCase

from forecourt.kernel import outbox
from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import OutboxMessage


@pytest.fixture
def delivered() -> Iterator[list[str]]:
    """What the far side of the topic ``test`` got; ``fail`` in a payload makes it fail."""
    seen: list[str] = []

    def far_side(payload: dict, key: str) -> None:
        seen.append(key)
        if payload.get("fail"):
            raise ConnectionError("the far side is down")

    outbox.handles("test")(far_side)
    yield seen
    outbox._handlers.pop("test")


def test_what_is_emitted_is_delivered_after_the_commit(
    group: GroupIdentity, delivered: list[str]
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True), transaction.atomic():
        outbox.emit("test", {}, "a")
        assert delivered == []

    assert delivered == ["a"]
    assert OutboxMessage.objects.get().delivered_at is not None


def test_the_same_key_is_delivered_once(group: GroupIdentity, delivered: list[str]) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        outbox.emit("test", {}, "a")
        outbox.emit("test", {}, "a")

    assert delivered == ["a"]


def test_a_rolled_back_change_sends_nothing(group: GroupIdentity, delivered: list[str]) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        try:
            with transaction.atomic():
                outbox.emit("test", {}, "a")
                raise RuntimeError
        except RuntimeError:
            pass

    assert delivered == []
    assert not OutboxMessage.objects.exists()


def test_a_failed_delivery_stays_and_is_tried_again_later(
    group: GroupIdentity, delivered: list[str]
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        outbox.emit("test", {"fail": True}, "a")
        outbox.emit("test", {}, "b")
    message = OutboxMessage.objects.get(key="a")
    assert (message.attempts, message.delivered_at) == (1, None)
    assert "far side is down" in message.last_error
    assert delivered.count("b") == 1

    outbox.deliver_due(schema_name=group.schema_name)
    assert delivered.count("a") == 1

    OutboxMessage.objects.filter(key="a").update(payload={})
    with time_machine.travel(now() + timedelta(seconds=11)):
        outbox.deliver_due(schema_name=group.schema_name)
    assert delivered.count("a") == 2
    assert OutboxMessage.objects.get(key="a").delivered_at is not None


def test_a_message_whose_worker_died_is_delivered_by_another_one(
    group: GroupIdentity, delivered: list[str]
) -> None:
    outbox.emit("test", {}, "a")
    assert outbox._claim() is not None

    outbox.deliver_due(schema_name=group.schema_name)
    assert delivered == []

    with time_machine.travel(now() + outbox.CLAIM + timedelta(seconds=1)):
        outbox.deliver_due(schema_name=group.schema_name)
    assert delivered == ["a"]
