"""Secrets at rest: encrypted with a key of the group, which is itself wrapped by the master key.

Each group has numbered data keys in its own schema. The newest encrypts, all of them decrypt, so
keys change without downtime; a dump of the database shows none of what they protect. Equality is
looked up by :func:`blind_index`. The public schema keeps no data key and uses the master key alone.

``MASTER_KEY`` holds one key or several parted by commas: the first wraps, all of them unwrap.
"""

import base64
import hashlib
import hmac
from collections import OrderedDict

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema, in_group
from forecourt.kernel.models import DataKey

FIRST_KEY = 1
"""The number of the key that blind indexes are derived from; it is never replaced."""
KEPT_GROUPS = 64

_rings: "OrderedDict[str, dict[int, bytes]]" = OrderedDict()


class Undecipherable(Exception):
    """The text was encrypted by none of this group's keys, or was altered."""


def encrypt(text: str) -> str:
    """``text`` readable only with the keys of the group that is entered."""
    return _cipher().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text behind :func:`encrypt`. Raises Undecipherable for altered or foreign text."""
    data = token.encode()
    try:
        return _cipher().decrypt(data).decode()
    except InvalidToken:
        # Another process may have made a newer key since this one read them.
        _rings.pop(current_schema(), None)
    try:
        return _cipher().decrypt(data).decode()
    except InvalidToken as error:
        raise Undecipherable from error


def blind_index(value: str, purpose: str) -> str:
    """A keyed hash for finding an encrypted value by equality; one ``purpose`` a column."""
    key = HKDF(hashes.SHA256(), 32, salt=None, info=f"blind-index:{purpose}".encode()).derive(
        _first_key()
    )
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def plant_key() -> None:
    """Make the group's first key unless it has one."""
    if not DataKey.objects.exists():
        _make_key(FIRST_KEY)


def rotate() -> int:
    """Give the group a new data key and answer its number; older ones still decrypt."""
    with transaction.atomic():
        newest = DataKey.objects.select_for_update().order_by("number").last()
        number = newest.number + 1 if newest else FIRST_KEY
        _make_key(number)
    _rings.pop(current_schema(), None)
    return number


def rewrap() -> int:
    """Wrap all data keys of the group with the first master key; answers how many there are."""
    with transaction.atomic():
        keys = list(DataKey.objects.select_for_update().order_by("number"))
        for key in keys:
            key.wrapped = _master().rotate(key.wrapped.encode()).decode()
            key.save(update_fields=["wrapped"])
    return len(keys)


def _master() -> MultiFernet:
    names = [part.strip() for part in settings.MASTER_KEY.split(",") if part.strip()]
    try:
        return MultiFernet([Fernet(name) for name in names])
    except ValueError as error:
        raise ImproperlyConfigured(
            "MASTER_KEY must be one or more keys of 32 bytes in base64, parted by commas."
        ) from error


def _cipher() -> MultiFernet:
    if not in_group():
        return _master()
    ring = _ring()
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(ring[number])) for number in sorted(ring, reverse=True)]
    )


def _first_key() -> bytes:
    if in_group():
        return _ring()[FIRST_KEY]
    return settings.MASTER_KEY.split(",")[-1].strip().encode()


def _ring() -> dict[int, bytes]:
    """The group's keys by number, unwrapped; those of the groups last used stay in memory."""
    schema = current_schema()
    ring = _rings.get(schema)
    if ring is not None:
        _rings.move_to_end(schema)
        return ring
    ring = _read_keys()
    # A key that its transaction may yet take back must not be remembered.
    if not connection.in_atomic_block:
        _rings[schema] = ring
        if len(_rings) > KEPT_GROUPS:
            _rings.popitem(last=False)
    return ring


def _read_keys() -> dict[int, bytes]:
    plant_key()
    master = _master()
    return {
        key.number: master.decrypt(key.wrapped.encode())
        for key in DataKey.objects.order_by("number")
    }


def _make_key(number: int) -> None:
    """Insert a new key; whoever comes second with the same number leaves the first one's."""
    secret = base64.urlsafe_b64decode(Fernet.generate_key())
    wrapped = _master().encrypt(secret).decode()
    DataKey.objects.bulk_create(
        [DataKey(number=number, wrapped=wrapped, created_at=now())], ignore_conflicts=True
    )
