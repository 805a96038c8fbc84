"""Facts about files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChecked:
    """A file has become READY or REFUSED (``state``); published in the transaction that says so."""

    file_id: int
    state: str


@dataclass(frozen=True, slots=True)
class FileGivenUp:
    """An upload never came to its end and its row is about to go; published in that transaction."""

    file_id: int


@dataclass(frozen=True, slots=True)
class FileDescribed:
    """The text and pages of a file that the product made itself have been read off it."""

    file_id: int
