"""What both stores can do beside Django's storages, and how they say that they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import SuspiciousOperation
from django.core.files.base import File
from django.core.files.storage import Storage

from forecourt.kernel.errors import DomainError
from forecourt.kernel.groups import current_schema, in_group

PIECE_BYTES = 1 << 20
"""What is read or written at once; never a whole file."""


def group_prefix() -> str:
    """The prefix of the group that is entered. Raises SuspiciousOperation outside of one."""
    if not in_group():
        raise SuspiciousOperation("Stored files belong to a group.")
    return f"t/{current_schema()}"


class StorageUnavailable(DomainError):
    """The store does not answer, or not as it must; nothing was lost, and later it may be well.

    ``reason`` says in a word why, for logs and ``/readyz``: unreachable, clock, bucket, refused.
    """

    code = "storage_unavailable"
    status = 503

    def __init__(self, message: object, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class DirectRequest:
    """One request that a browser or a program sends to the store by itself, exactly so.

    ``headers`` must be sent as they are, and the body must have the length that was declared.
    ``url`` of the local store is a path on the group's own address.
    """

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a group has in the store: ``bytes`` are those of its objects as they are now.

    ``older`` are their former versions, ``unfinished`` uploads that never came to an end.
    """

    files: int
    bytes: int
    older: int
    unfinished: int


class GroupStorage(Storage):
    """A store of the groups' files. Every name lies within the group that is entered.

    ``delete`` removes an object in all its versions; what is not there needs no removing.
    Whatever needs the store's answer raises StorageUnavailable when there is none.
    """

    def upload_request(
        self, name: str, *, size: int, content_type: str, expires: timedelta
    ) -> DirectRequest:
        """A request that puts exactly ``size`` bytes of ``content_type`` under ``name``."""
        raise NotImplementedError

    def begin_parts(self, name: str, *, content_type: str) -> str:
        """Begin an upload in parts; answers its id, which the store chooses."""
        raise NotImplementedError

    def part_request(
        self, name: str, upload_id: str, number: int, *, size: int, expires: timedelta
    ) -> DirectRequest:
        """A request that puts the part ``number`` (from 1), of exactly ``size`` bytes."""
        raise NotImplementedError

    def parts_of(self, name: str, upload_id: str) -> dict[int, int]:
        """The sizes of the parts that have arrived, by number; an unknown upload has none."""
        raise NotImplementedError

    def finish_parts(self, name: str, upload_id: str) -> None:
        """Make one object of the parts that have arrived, in the order of their numbers.

        Raises FileNotFoundError when the store does not know the upload (any more).
        """
        raise NotImplementedError

    def abort_parts(self, name: str, upload_id: str) -> None:
        """Give an upload in parts up, with all that has arrived of it; safe to ask twice."""
        raise NotImplementedError

    def download_link(
        self, name: str, *, filename: str, content_type: str, inline: bool, expires: timedelta
    ) -> str:
        """An address that hands the object out under ``filename`` until it expires."""
        raise NotImplementedError

    def put(self, name: str, content: File) -> None:
        """Store the bytes under exactly this name, in the place of whatever was there."""
        raise NotImplementedError

    def size_of(self, name: str) -> int | None:
        """The object's size in bytes, or None where there is none."""
        raise NotImplementedError

    def pieces(self, name: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The object's bytes from ``start`` up to but without ``end``, in pieces.

        Raises FileNotFoundError.
        """
        raise NotImplementedError

    def stored_in(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The names of the files in a folder, and when each was stored."""
        raise NotImplementedError

    def everything(self) -> Iterator[tuple[str, int]]:
        """Every object of the group that is entered, by name, with its size in bytes."""
        raise NotImplementedError

    def holdings(self) -> Holdings:
        """How much that is, with what :meth:`everything` leaves out."""
        raise NotImplementedError

    def unfinished_in(self, folder: str) -> Iterator[tuple[str, str, datetime]]:
        """Name, id and beginning of the uploads in parts that were begun in a folder."""
        raise NotImplementedError

    def delete_group(self) -> None:
        """Remove every file of the group that is entered, in all versions, and unfinished ones."""
        raise NotImplementedError

    def state(self) -> str:
        """``ok``, else in a word why the store cannot be used; asked by ``/readyz``."""
        raise NotImplementedError
