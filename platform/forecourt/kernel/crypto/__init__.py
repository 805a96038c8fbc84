"""Secrets at rest: encrypted with a key of the group, which is itself wrapped by the master key.

Each group has numbered data keys in its own schema. The newest encrypts, all of them decrypt, so
keys change without downtime; a dump of the database shows none of what they protect. Equality is
looked up by :func:`blind_index`. docs/security.md says how keys are made, changed and lost.

A column is declared with :class:`forecourt.kernel.crypto.fields.EncryptedTextField`; a JSON column
that holds what :func:`encrypt` answered is named by :func:`declare_json`, so that it is encrypted
anew when keys change.
"""

from forecourt.kernel.crypto.master import MasterKeyUnreachable, WrongMasterKey
from forecourt.kernel.crypto.rings import (
    FIRST_KEY,
    forget_keys,
    new_key,
    plant_key,
    retire_keys,
    rewrap,
)
from forecourt.kernel.crypto.rotation import (
    Rotation,
    declare_json,
    finish_rotation,
    go_on_rotating,
    reencrypt,
    rotate,
    rotation_is_open,
)
from forecourt.kernel.crypto.texts import Undecipherable, blind_index, decrypt, encrypt
from forecourt.kernel.secret import Secret

__all__ = [
    "FIRST_KEY",
    "MasterKeyUnreachable",
    "Rotation",
    "Secret",
    "Undecipherable",
    "WrongMasterKey",
    "blind_index",
    "declare_json",
    "decrypt",
    "encrypt",
    "finish_rotation",
    "forget_keys",
    "go_on_rotating",
    "new_key",
    "plant_key",
    "reencrypt",
    "retire_keys",
    "rewrap",
    "rotate",
    "rotation_is_open",
]
