"""Encrypting and decrypting single texts; each says by its beginning which key it needs."""

import hashlib
import hmac
import re

from cryptography.fernet import InvalidToken, MultiFernet

from forecourt.kernel.crypto.rings import Ring, ring

TOKEN = re.compile(r"(?:k(\d+)\.)?(gAAAA[\w=-]+)")
"""Those of earlier releases do not say their key."""


class Undecipherable(Exception):
    """The text was encrypted by none of this group's keys, or was altered."""


def encrypt(text: str) -> str:
    """``text`` readable only with the keys of the group that is entered."""
    keys = ring()
    return f"k{keys.newest}.{keys.fernets[keys.newest].encrypt(text.encode()).decode()}"


def decrypt(token: str) -> str:
    """The text behind :func:`encrypt`. Raises Undecipherable for altered or foreign text."""
    found = TOKEN.fullmatch(token)
    if found is None:
        raise Undecipherable
    keys = ring()
    if found[1] and int(found[1]) not in keys.fernets:
        # Another process may have made a newer key since this one read them.
        keys = ring(anew=True)
    return decrypt_with(keys, token)


def decrypt_with(keys: Ring, token: str) -> str:
    """As :func:`decrypt`, with keys that are at hand. Raises Undecipherable."""
    found = TOKEN.fullmatch(token)
    try:
        if found is None:
            raise Undecipherable
        if found[1]:
            return keys.fernets[int(found[1])].decrypt(found[2].encode()).decode()
        return MultiFernet(list(keys.fernets.values())).decrypt(found[2].encode()).decode()
    except (KeyError, InvalidToken) as error:
        raise Undecipherable from error


def is_of_newest_key(token: str) -> bool:
    return token.startswith(f"k{ring().newest}.")


def blind_index(value: str, purpose: str) -> str:
    """A keyed hash for finding an encrypted value by equality; one ``purpose`` a column."""
    return hmac.new(ring().index_key(purpose), value.encode(), hashlib.sha256).hexdigest()
