"""The shared cache on Redis, with one client a process instead of one a call."""

from typing import Any

from django.core.cache.backends import redis as django_redis


class Client(django_redis.RedisCacheClient):
    """Django's makes a client for each look-up, which takes as long as the look-up itself."""

    _kept: Any = None

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """The client over the process's pool of connections to the one server; safe in threads."""
        if self._kept is None:
            self._kept = super().get_client(key, write=write)
        return self._kept


class RedisCache(django_redis.RedisCache):
    """One server, as ``CACHE_URL`` names one."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
