"""The master key: wraps data keys, and is in no database.

``MASTER_KEY`` holds one key or several parted by commas: the first wraps, all of them unwrap. A key
is 32 bytes in base64, or ``aws-kms:`` and the id, ARN or alias of a key in AWS KMS, which then
never leaves it.
"""

from functools import cache
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KMS = "aws-kms:"


class WrongMasterKey(Exception):
    """None of the master keys has wrapped this."""


class MasterKeyUnreachable(Exception):
    """The service that holds the master key does not answer, or does not let us use it."""


class MasterKey(Protocol):
    """One key; both methods raise MasterKeyUnreachable, unwrapping also WrongMasterKey."""

    def wrap(self, secret: bytes) -> str: ...

    def unwrap(self, wrapped: str) -> bytes: ...


class _OwnKey:
    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)

    def wrap(self, secret: bytes) -> str:
        return self._fernet.encrypt(secret).decode()

    def unwrap(self, wrapped: str) -> bytes:
        try:
            return self._fernet.decrypt(wrapped.encode())
        except InvalidToken as error:
            raise WrongMasterKey from error


def wrap(secret: bytes) -> str:
    """Raises MasterKeyUnreachable or ImproperlyConfigured."""
    return _keys(settings.MASTER_KEY)[0].wrap(secret)


def unwrap(wrapped: str) -> bytes:
    """Raises WrongMasterKey, MasterKeyUnreachable or ImproperlyConfigured."""
    for key in _keys(settings.MASTER_KEY):
        try:
            return key.unwrap(wrapped)
        except WrongMasterKey:
            continue
    raise WrongMasterKey


@cache
def _keys(names: str) -> tuple[MasterKey, ...]:
    found = tuple(_key(name) for part in names.split(",") if (name := part.strip()))
    if not found:
        raise ImproperlyConfigured("MASTER_KEY must be set.")
    return found


def _key(name: str) -> MasterKey:
    if name.startswith(KMS):
        from forecourt.kernel.crypto.kms import KmsKey  # noqa: PLC0415 - only who uses it pays

        return KmsKey(name.removeprefix(KMS))
    try:
        return _OwnKey(name)
    except ValueError as error:
        raise ImproperlyConfigured(
            "MASTER_KEY must be one or more keys, parted by commas: 32 bytes in base64, or "
            "aws-kms: and the id of a key in AWS KMS."
        ) from error
