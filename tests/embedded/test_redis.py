"""The queue and cache of one machine."""

import os
import signal
from pathlib import Path

import pytest
import redis
from kombu import Connection

from forecourt.config import embedded
from infra.embedded.redis import Redis

needs_redis = pytest.mark.skipif(
    not Redis.is_available(), reason="no Redis wheel for this machine; files are the queue here"
)


@needs_redis
def test_messages_survive_a_killed_server(home: Path) -> None:
    server = Redis(home)
    server.start()
    with Connection(embedded.broker_url(home)) as connection:
        connection.SimpleQueue("work").put({"do": "this"})
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()

    server.start()

    with Connection(embedded.broker_url(home)) as connection:
        assert connection.SimpleQueue("work").get(timeout=5).payload == {"do": "this"}
    server.stop()


@needs_redis
def test_only_its_owner_reaches_the_socket(home: Path) -> None:
    with Redis(home) as server:
        assert server.socket.parent.stat().st_mode & 0o077 == 0
        client = redis.Redis(unix_socket_path=str(server.socket))
        assert client.config_get("port") == {"port": "0"}


def test_without_redis_messages_are_files(home: Path) -> None:
    url = f"filesystem://{home / 'queue'}"

    with Connection(url, transport_options=embedded.broker_options(url)) as connection:
        queue = connection.SimpleQueue("work")
        queue.put({"do": "this"})

        assert queue.get(timeout=5).payload == {"do": "this"}
