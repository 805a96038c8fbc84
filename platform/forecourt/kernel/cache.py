"""The shared cache: on Redis, in a folder of one machine, or in one process's memory.

Keys begin with the group's schema (``django_tenants.cache.make_key``), and each of the three can
drop all that a group has in it (:func:`drop_group`).
"""

import hashlib
from pathlib import Path
from typing import Any, cast

from django.core.cache import caches
from django.core.cache.backends import redis as django_redis
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache

KEYS_A_STEP = 1000


def drop_group(schema_name: str) -> int:
    """Remove everything that is kept for a group; answers how many keys that were."""
    return cast(int, cast(Any, caches["default"]).drop_group(schema_name))


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

    def drop_group(self, schema_name: str) -> int:
        client = self._cache.get_client(write=True)
        dropped, keys = 0, []
        for key in client.scan_iter(match=f"{schema_name}:*", count=KEYS_A_STEP):
            keys.append(key)
            if len(keys) == KEYS_A_STEP:
                dropped += client.unlink(*keys)
                keys = []
        return dropped + (client.unlink(*keys) if keys else 0)


class FolderCache(FileBasedCache):
    """Files in a folder for each group: their names are hashes and do not tell whose they are."""

    def __init__(self, folder: str, params: dict[str, Any]) -> None:
        super().__init__(folder, params)
        self._root = Path(folder)

    def drop_group(self, schema_name: str) -> int:
        paths = [path for path in self._files() if path.parent.name == schema_name]
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def _key_to_file(self, key: str, version: int | None = None) -> str:
        full = self.make_and_validate_key(key, version=version)
        folder = self._root / full.partition(":")[0]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = hashlib.sha256(full.encode()).hexdigest()
        return str(folder / f"{name}{self.cache_suffix}")

    def _list_cache_files(self) -> list[str]:
        return [str(path) for path in self._files()]

    def _files(self) -> list[Path]:
        return list(self._root.glob(f"*/*{self.cache_suffix}"))


class MemoryCache(LocMemCache):
    """One process's own, for tests."""

    _cache: dict[str, bytes]
    _expire_info: dict[str, float | None]

    def drop_group(self, schema_name: str) -> int:
        keys = [key for key in list(self._cache) if key.startswith(f"{schema_name}:")]
        for key in keys:
            self._expire_info.pop(key, None)
            self._cache.pop(key, None)
        return len(keys)
