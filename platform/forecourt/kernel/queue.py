"""What waits in the queue for one group, so that an erased one leaves nothing there.

A message of a group that is gone does no harm, since its task refuses to run; but it names the
schema, and rows of it. Redis and the folder of one machine are looked through; a broker that cannot
be looked into keeps its messages until a worker takes and refuses them.
"""

import base64
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import current_app

MESSAGES_A_STEP = 1000


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
