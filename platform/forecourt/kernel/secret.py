"""A value that must not show by accident."""

from __future__ import annotations

from typing import Any

SHOWN = "•••"


class Secret:
    """A text that prints, logs and renders as ``•••``; only :meth:`reveal` gives it in clear.

    Read from a column it is decrypted when it is looked at, so a list that does not show it pays
    nothing. Equal to another secret, or to a plain text, of the same content.
    """

    __slots__ = ("_plain", "_token")

    def __init__(self, plain: str) -> None:
        self._plain: str | None = plain
        self._token = ""

    @classmethod
    def of_token(cls, token: str) -> Secret:
        """What a column holds, still encrypted."""
        secret = cls("")
        secret._plain, secret._token = None, token
        return secret

    def reveal(self) -> str:
        """The text in clear. Raises Undecipherable."""
        if self._plain is None:
            # Here, because who may see what is said below the models that hold the keys.
            from forecourt.kernel.crypto import decrypt  # noqa: PLC0415

            self._plain = decrypt(self._token)
        return self._plain

    def token(self) -> str:
        """What a column is to hold: encrypted, with the newest key."""
        from forecourt.kernel.crypto.texts import encrypt, is_of_newest_key  # noqa: PLC0415

        if not self._token or not is_of_newest_key(self._token):
            self._token = encrypt(self.reveal())
        return self._token

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Secret):
            return self.reveal() == other.reveal()
        return isinstance(other, str) and self.reveal() == other

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __bool__(self) -> bool:
        return bool(self._token or self._plain)

    def __str__(self) -> str:
        return SHOWN if self else ""

    __repr__ = __str__

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret.of_token, (self.token(),)
