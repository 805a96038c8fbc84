"""What happens to accounts, told to the modules above: they keep the log."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AccountActivity:
    """Something that a person did with her account, or somebody tried.

    ``action`` is a past participle (``signed_in``, ``sign_in_failed``); ``user_id`` is None where a
    sign-in named no account. ``details`` never holds a secret.
    """

    action: str
    user_id: int | None
    address: str | None
    device: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoginChanged:
    """An account was opened, shut or opened again, or signs in with another address now."""

    user_id: int


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """A person changed how she is called or which language she reads."""

    user_id: int
    name: str
    language: str
