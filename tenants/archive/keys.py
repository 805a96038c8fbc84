"""The key of an archive's sealed part, and what it seals.

The key comes from the passphrase that the exporter chose, or, without one, from the group's own
first data key, and is then wrapped by the platform's master key, so that only a platform with that
master key can read it. Either way the same group and passphrase give the same key, and sealing
(AES-SIV, which needs no random number) the same bytes: an archive can be compared with another.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.utils.translation import gettext as _

from forecourt.kernel.crypto import MasterKeyUnreachable, WrongMasterKey, master
from forecourt.kernel.crypto.rings import Ring
from forecourt.kernel.errors import Invalid
from tenants.archive.layout import PIECE, ArchiveRefused

BY_PASSPHRASE, BY_PLATFORM = "passphrase", "platform"
SHORTEST_PASSPHRASE = 12
COST = {"n": 2**16, "r": 8, "p": 1}
"""Of scrypt: 64 MB and about a fifth of a second for each try."""
LONGEST_SEALED = PIECE + 64


class ArchiveKey:
    """Seals members and the manifest."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESSIV(_derived(secret, "members", 64))
        self._stamp = _derived(secret, "manifest", 32)

    def stamp(self, manifest: bytes) -> str:
        """What only who has the key can write beside a manifest."""
        return hmac.new(self._stamp, manifest, hashlib.sha256).hexdigest()

    def has_stamped(self, manifest: bytes, stamp: str) -> bool:
        return hmac.compare_digest(self.stamp(manifest), stamp)

    def seal(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Blocks of at most PIECE bytes, each with its length; the last says that it is the last.

        Every block is bound to its member and its place, so none can be moved, left out or added.
        """
        for number, (block, is_last) in enumerate(_blocks(pieces)):
            sealed = self._cipher.encrypt(block, _bound(name, number, is_last=is_last))
            yield len(sealed).to_bytes(4, "big") + bytes([is_last]) + sealed

    def unseal(self, name: str, sealed: IO[bytes]) -> Iterator[bytes]:
        """Raises ArchiveRefused for whatever this key has not sealed as it is."""
        number, is_last = 0, False
        while not is_last:
            head = sealed.read(5)
            length = int.from_bytes(head[:4], "big")
            if len(head) < 5 or length > LONGEST_SEALED:
                raise ArchiveRefused(f"{name} was cut off or changed.")
            is_last = head[4] == 1
            try:
                bound = _bound(name, number, is_last=is_last)
                yield self._cipher.decrypt(sealed.read(length), bound)
            except (InvalidTag, ValueError) as error:
                raise ArchiveRefused(f"{name} was changed after it was sealed.") from error
            number += 1
        if sealed.read(1):
            raise ArchiveRefused(f"{name} has something behind its end.")


def secret_of_passphrase(passphrase: str, keys: Ring) -> bytes:
    """Slow on purpose. ``keys`` give the salt, which is the group's own."""
    return _stretched(passphrase, _salt(keys))


def require_good_passphrase(passphrase: str) -> None:
    """Raises Invalid for one that could be guessed by trying."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise Invalid(
            _("Please choose a passphrase of at least %(count)s characters.")
            % {"count": SHORTEST_PASSPHRASE},
            field="passphrase",
        )


def key_of(keys: Ring, secret: bytes | None) -> tuple[ArchiveKey, dict[str, Any]]:
    """The key of a new archive, and what its manifest says of it.

    ``secret`` comes from :func:`secret_of_passphrase`; without it the platform keeps the key.
    """
    if secret is not None:
        facts = {"by": BY_PASSPHRASE, "salt": _text(_salt(keys)), **COST}
        return ArchiveKey(secret), facts
    own = keys.derived("archive", 32)
    return ArchiveKey(own), {"by": BY_PLATFORM, "wrapped": master.wrap(own)}


def key_from(facts: dict[str, Any], passphrase: str) -> ArchiveKey:
    """The key of an archive that exists. Raises ArchiveRefused."""
    try:
        if facts["by"] == BY_PLATFORM:
            return ArchiveKey(master.unwrap(facts["wrapped"]))
        if facts["by"] != BY_PASSPHRASE or {name: facts[name] for name in COST} != COST:
            raise ValueError
        salt = base64.b64decode(facts["salt"], validate=True)
    except WrongMasterKey as error:
        raise ArchiveRefused(
            "The archive was made without a passphrase by a platform with another master key: only "
            "there it can be imported. Export it there again with a passphrase."
        ) from error
    except MasterKeyUnreachable as error:
        raise ArchiveRefused(f"The master key cannot be asked: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ArchiveRefused("The manifest does not say how the sealed part is locked.") from error
    if not passphrase:
        raise ArchiveRefused("The archive is locked with a passphrase: give it.")
    return ArchiveKey(_stretched(passphrase, salt))


def _salt(keys: Ring) -> bytes:
    return keys.derived("archive salt", 16)


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt, 32, **COST).derive(passphrase.encode())


def _derived(secret: bytes, use: str, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=f"archive {use}".encode()).derive(secret)


def _bound(name: str, number: int, *, is_last: bool) -> list[bytes]:
    return [name.encode(), number.to_bytes(8, "big") + bytes([is_last])]


def _blocks(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Even blocks, whatever the pieces were; at least one, and the last is told."""
    kept = bytearray()
    for piece in pieces:
        kept += piece
        while len(kept) > PIECE:
            yield bytes(kept[:PIECE]), False
            del kept[:PIECE]
    yield bytes(kept), True


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
