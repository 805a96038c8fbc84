"""The shared cache on Redis, with one client a process instead of one a call."""

from functools import cached_property
from typing import Any

from django.core.cache.backends import redis as django_redis


class Client(django_redis.RedisCacheClient):
    """Django's makes a client for each look-up, which takes as long as the look-up itself."""

    @cached_property
    def _clients(self) -> dict[int, Any]:
        return {}

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        """A client over the connection pool of the server that is to be asked; safe in threads."""
        index = self._get_connection_pool_index(write)
        client = self._clients.get(index)
        if client is None:
            client = self._clients[index] = super().get_client(key, write=write)
        return client


class RedisCache(django_redis.RedisCache):
    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
