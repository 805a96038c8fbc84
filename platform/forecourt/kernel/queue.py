"""The queues that workers take from: how much waits, since when, and what of one group.

An erased group leaves nothing there.

A message of a group that is gone does no harm, since its task refuses to run; but it names the
schema, and rows of it. Redis and the folder of one machine are looked through; a broker that cannot
be looked into keeps its messages until a worker takes and refuses them.
"""

import base64
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from celery import current_app
from celery.signals import before_task_publish
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

NO_ANSWER = (OSError, KombuError, RedisError)
"""What is raised where the broker does not answer."""
MESSAGES_A_STEP = 1000
SENT_AT = "sent_at"
"""Header of a message: when it was sent, in seconds."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue: messages that no worker has taken, and when the oldest of them was sent."""

    queue: str
    count: int
    oldest_at: datetime | None = None


@before_task_publish.connect
def note_when_sent(headers: dict[str, Any] | None = None, **_options: Any) -> None:
    if headers is not None:
        headers[SENT_AT] = time.time()


def lengths() -> list[Waiting]:
    """Each queue with what waits in it; none for a broker that cannot be looked into.

    Raises one of ``NO_ANSWER`` where the broker does not answer.
    """
    names = [queue.name for queue in current_app.conf.task_queues]
    with current_app.connection_for_write(connect_timeout=2) as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        look = _LOOKS.get(connection.transport.driver_type)
        return [look(connection.default_channel, name) for name in names] if look else []


def _waiting_in_redis(channel: Any, queue: str) -> Waiting:
    """Workers take from the end of a list, so the oldest message stands there."""
    lists = [channel._q_for_pri(queue, priority) for priority in channel.priority_steps]
    counts = [channel.client.llen(name) for name in lists]
    last = [channel.client.lindex(name, -1) for name in lists]
    sent = [_sent_at(json.loads(raw)) for raw in last if raw]
    return Waiting(queue, sum(counts), min((each for each in sent if each), default=None))


def _waiting_in_folder(channel: Any, queue: str) -> Waiting:
    times = []
    for path in Path(channel.data_folder_in).glob(f"*.{queue}.msg"):
        try:
            times.append(path.stat().st_mtime)
        except OSError:  # taken by a worker
            continue
    return Waiting(queue, len(times), datetime.fromtimestamp(min(times), UTC) if times else None)


def _sent_at(message: dict[str, Any]) -> datetime | None:
    seconds = (message.get("headers") or {}).get(SENT_AT)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


_LOOKS: dict[str, Callable[[Any, str], Waiting]] = {
    "redis": _waiting_in_redis,
    "filesystem": _waiting_in_folder,
}


def drop_group(schema_name: str) -> int:
    """Remove the messages of a group's tasks; answers how many there were."""
    with current_app.connection_for_write() as connection:
        drop = _DROPS.get(connection.transport.driver_type)
        return drop(connection.default_channel, schema_name) if drop else 0


def _drop_from_redis(channel: Any, schema_name: str) -> int:
    """Those that wait, and those that a worker holds and has not begun."""
    client, dropped = channel.client, 0
    queues = [queue.name for queue in current_app.conf.task_queues]
    for queue, priority in itertools.product(queues, channel.priority_steps):
        name = channel._q_for_pri(queue, priority)
        waiting: list[bytes] = client.lrange(name, 0, -1)
        for raw in waiting:
            if _schema_of(json.loads(raw)) == schema_name:
                dropped += client.lrem(name, 1, raw)
    for tag, raw in client.hscan_iter(channel.unacked_key, count=MESSAGES_A_STEP):
        if _schema_of(json.loads(raw)[0]) == schema_name:
            client.zrem(channel.unacked_index_key, tag)
            dropped += client.hdel(channel.unacked_key, tag)
    return dropped


def _drop_from_folder(channel: Any, schema_name: str) -> int:
    dropped = 0
    for path in Path(channel.data_folder_in).glob("*.msg"):
        try:
            is_ours = _schema_of(json.loads(path.read_bytes())) == schema_name
        except (OSError, ValueError):  # taken by a worker, or still being written
            continue
        if is_ours:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped


_DROPS: dict[str, Callable[[Any, str], int]] = {
    "redis": _drop_from_redis,
    "filesystem": _drop_from_folder,
}


def _schema_of(message: dict[str, Any]) -> str:
    """The schema that a task of ours is for; empty for any other message."""
    try:
        _arguments, named, _options = json.loads(base64.b64decode(message["body"]))
        return str(named["schema_name"])
    except (KeyError, TypeError, ValueError):
        return ""
