"""Sealing a PDF (PAdES, a certification that allows no change) and checking a seal."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


class SealBroken(Exception):
    """There is no seal, it is not of a certificate we know, or the bytes were changed since."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal that holds: whose, when, and the SHA-256 of the certificate."""

    name: str
    sealed_at: datetime | None
    fingerprint: str


def seal(content: bytes, *, certificate: str, key: str, reason: str = "") -> bytes:
    """The PDF with a seal over all of it; what was there stays byte by byte in front.

    Raises ValueError for what is no PDF, or is sealed already.
    """
    from forecourt.kernel.papers import pades  # noqa: PLC0415 - only who uses it pays

    return pades.seal(content, certificate=certificate, key=key, reason=reason)


def verify_seal(content: bytes, *, certificates: Iterable[str]) -> Seal:
    """The seal, if it is one of these certificates' and not a byte has changed.

    Raises SealBroken with what is wrong.
    """
    from forecourt.kernel.papers import pades  # noqa: PLC0415 - only who uses it pays

    return pades.verify_seal(content, certificates=certificates)
