"""Facts about files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChecked:
    """A file has become READY or REFUSED (``state``); published in the transaction that says so."""

    file_id: int
    state: str
