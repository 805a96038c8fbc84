"""The data keys of the group that is entered, unwrapped and kept in memory for a while."""

import base64
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import cast

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from forecourt.kernel.clock import now
from forecourt.kernel.crypto import master
from forecourt.kernel.groups import current_schema, in_group
from forecourt.kernel.models import DataKey

FIRST_KEY = 1
"""The number of the key that blind indexes are derived from; it is never destroyed."""
PLATFORM_KEY = 0
"""The number of the one key of the public schema, which the control database keeps."""
KEPT_GROUPS = 64
LIFE_SECONDS = 60
"""How long a process may go on with the keys that it knows when another has made a newer one."""
KEPT_UNWRAPPED = 1024


class Ring:
    """A group's keys by number."""

    def __init__(self, secrets: dict[int, bytes]) -> None:
        self._secrets = secrets
        self.newest = max(secrets)
        self.read_at = time.monotonic()
        self._index_keys: dict[str, bytes] = {}

    @cached_property
    def fernets(self) -> dict[int, Fernet]:
        """The newest first."""
        return {
            number: Fernet(base64.urlsafe_b64encode(self._secrets[number]))
            for number in sorted(self._secrets, reverse=True)
        }

    def index_key(self, purpose: str) -> bytes:
        if purpose not in self._index_keys:
            self._index_keys[purpose] = self.derived(f"blind-index:{purpose}", 32)
        return self._index_keys[purpose]

    def derived(self, info: str, length: int) -> bytes:
        """Bytes that only who has the first key can compute, the same for as long as it is kept."""
        first = self._secrets[min(self._secrets)]
        return HKDF(hashes.SHA256(), length, salt=None, info=info.encode()).derive(first)


_rings: "OrderedDict[str, Ring]" = OrderedDict()
_unwrapped: "OrderedDict[str, bytes]" = OrderedDict()


def ring(*, anew: bool = False) -> Ring:
    """The keys of the group that is entered, or of the platform; ``anew`` reads them again."""
    schema = current_schema()
    known = _rings.get(schema)
    if known is not None and not anew and time.monotonic() - known.read_at < LIFE_SECONDS:
        _rings.move_to_end(schema)
        return known
    if not in_group():
        return _kept(schema, Ring({PLATFORM_KEY: _platform_key()()}))
    rows = list(DataKey.objects.order_by("number"))
    if rows:
        return _kept(schema, _opened(rows))
    # A key that its transaction may yet take back must not be remembered.
    plant_key()
    return _opened(DataKey.objects.order_by("number"))


def forget_keys() -> None:
    """Read all keys again when they are needed next."""
    _rings.clear()
    _unwrapped.clear()


def plant_key() -> None:
    """Make the group's first key unless it has one."""
    if not DataKey.objects.exists():
        _make_key(FIRST_KEY)


def new_key() -> int:
    """Give the group a new data key and answer its number; older ones still decrypt."""
    # In a transaction of its own: a key that were taken back could have been used by then.
    with transaction.atomic(durable=True):
        newest = DataKey.objects.select_for_update().order_by("number").last()
        number = newest.number + 1 if newest else FIRST_KEY
        _make_key(number)
    _rings.pop(current_schema(), None)
    return number


def retire_keys(numbers: Iterable[int]) -> list[int]:
    """Destroy keys that nothing is encrypted with any more; the first is kept for its indexes."""
    gone = sorted(set(numbers) - {FIRST_KEY})
    DataKey.objects.filter(number__in=gone).delete()
    _rings.pop(current_schema(), None)
    return gone


def rewrap() -> int:
    """Wrap all data keys of the group with the first master key; answers how many there are."""
    with transaction.atomic():
        keys = list(DataKey.objects.select_for_update().order_by("number"))
        for key in keys:
            key.wrapped = master.wrap(master.unwrap(key.wrapped))
            key.save(update_fields=["wrapped"])
    return len(keys)


def unwrapped(wrapped: str) -> bytes:
    """A data key in clear; those last used stay in memory, for a key service answers slowly."""
    if wrapped not in _unwrapped:
        _unwrapped[wrapped] = master.unwrap(wrapped)
        if len(_unwrapped) > KEPT_UNWRAPPED:
            _unwrapped.popitem(last=False)
    return _unwrapped[wrapped]


def random_key() -> bytes:
    return base64.urlsafe_b64decode(Fernet.generate_key())


def _opened(rows: Iterable[DataKey]) -> Ring:
    return Ring({row.number: unwrapped(row.wrapped) for row in rows})


def _kept(schema: str, opened: Ring) -> Ring:
    _rings[schema] = opened
    _rings.move_to_end(schema)
    if len(_rings) > KEPT_GROUPS:
        _rings.popitem(last=False)
    return opened


def _make_key(number: int) -> None:
    """Insert a new key; whoever comes second with the same number leaves the first one's."""
    DataKey.objects.bulk_create(
        [DataKey(number=number, wrapped=master.wrap(random_key()), created_at=now())],
        ignore_conflicts=True,
    )


@cache
def _platform_key() -> Callable[[], bytes]:
    return cast(Callable[[], bytes], import_string(settings.PLATFORM_KEY_SOURCE))
