"""A local directory, for one machine without S3, with signed links of our own."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from forecourt.kernel.storage.direct import (
    PIECE_BYTES,
    DirectRequest,
    GroupStorage,
    Holdings,
    group_prefix,
)
from forecourt.kernel.storage.tickets import Ticket, expiry

PARTS = ".parts"
"""The ending of the folder that collects the parts of a file."""
DRAFT = ".draft"
"""The ending of a file that is still being written."""


class Stream(Protocol):
    """Whatever bytes can be read from piece by piece."""

    def read(self, size: int, /) -> bytes: ...


class WrongLength(Exception):
    """The bytes are fewer or more than was declared; nothing was kept."""


class LocalGroupStorage(GroupStorage, FileSystemStorage):
    """A local directory, for one machine without S3."""

    @property
    def location(self) -> str:
        """The folder of the group that is entered; names are within it and are given back so."""
        return str(Path(settings.MEDIA_ROOT) / group_prefix())

    def url(self, name: str | None) -> str:
        raise NotImplementedError("Files are handed out by links that are made for one person.")

    # --- Direct requests ------------------------------------------------------------------------

    def upload_request(
        self, name: str, *, size: int, content_type: str, expires: timedelta
    ) -> DirectRequest:
        self.path(name)
        ticket = Ticket("PUT", name, content_type=content_type, size=size)
        return self._request(ticket, expires)

    def download_link(
        self, name: str, *, filename: str, content_type: str, inline: bool, expires: timedelta
    ) -> str:
        self.path(name)
        ticket = Ticket("GET", name, content_type, filename=filename, inline=inline)
        return ticket.link(expiry(expires))

    def _request(self, ticket: Ticket, expires: timedelta) -> DirectRequest:
        until = expiry(expires)
        headers = {"Content-Type": ticket.content_type} if ticket.content_type else {}
        return DirectRequest("PUT", ticket.link(until), headers, until)

    def receive(self, ticket: Ticket, stream: Stream) -> None:
        """Keep the bytes that a ticket allows.

        Raises WrongLength for another number of bytes, FileExistsError for a second use of the
        ticket of a whole file; a part may come again, and replaces itself.
        """
        if ticket.number:
            folder = Path(self.path(ticket.name + PARTS)) / ticket.upload_id
            if not folder.is_dir():
                raise FileExistsError(ticket.name)
            _draft(stream, folder / str(ticket.number), ticket.size).replace(
                folder / str(ticket.number)
            )
            return
        place = Path(self.path(ticket.name))
        if place.exists():
            raise FileExistsError(ticket.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = _draft(stream, place, ticket.size)
        try:
            # Unlike a renaming it fails where another one has just come first.
            os.link(draft, place)
        finally:
            draft.unlink()

    # --- Uploads in parts -----------------------------------------------------------------------

    def begin_parts(self, name: str, *, content_type: str) -> str:
        upload_id = secrets.token_hex(8)
        (Path(self.path(name + PARTS)) / upload_id).mkdir(parents=True)
        return upload_id

    def part_request(
        self, name: str, upload_id: str, number: int, *, size: int, expires: timedelta
    ) -> DirectRequest:
        ticket = Ticket("PUT", name, size=size, upload_id=upload_id, number=number)
        return self._request(ticket, expires)

    def parts_of(self, name: str, upload_id: str) -> dict[int, int]:
        folder = Path(self.path(name + PARTS)) / upload_id
        if not folder.is_dir():
            return {}
        parts = {int(path.name): path for path in folder.iterdir() if path.name.isdigit()}
        return {number: parts[number].stat().st_size for number in sorted(parts)}

    def finish_parts(self, name: str, upload_id: str) -> None:
        folder = Path(self.path(name + PARTS)) / upload_id
        numbers = self.parts_of(name, upload_id)
        if not numbers:
            raise FileNotFoundError(name)
        place = Path(self.path(name))
        draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}{DRAFT}")
        with draft.open("wb") as whole:
            for number in numbers:
                with (folder / str(number)).open("rb") as part:
                    shutil.copyfileobj(part, whole, PIECE_BYTES)
        draft.replace(place)
        shutil.rmtree(folder.parent, ignore_errors=True)

    def abort_parts(self, name: str, upload_id: str) -> None:
        shutil.rmtree(self.path(name + PARTS), ignore_errors=True)

    def unfinished_in(self, folder: str) -> Iterator[tuple[str, str, datetime]]:
        place = Path(self.path(folder))
        for path in sorted(place.glob(f"*{PARTS}/*")) if place.is_dir() else ():
            yield f"{folder}/{path.parent.name.removesuffix(PARTS)}", path.name, _stored_at(path)

    # --- What is stored -------------------------------------------------------------------------

    def put(self, name: str, content: File) -> None:
        place = Path(self.path(name))
        place.parent.mkdir(parents=True, exist_ok=True)
        content.seek(0)
        draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}{DRAFT}")
        with draft.open("xb") as file:
            shutil.copyfileobj(content, file, PIECE_BYTES)
        draft.replace(place)

    def size_of(self, name: str) -> int | None:
        try:
            return Path(self.path(name)).stat().st_size
        except FileNotFoundError:
            return None

    def pieces(self, name: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        with Path(self.path(name)).open("rb") as file:
            file.seek(start)
            left = None if end is None else end - start
            while piece := file.read(PIECE_BYTES if left is None else min(PIECE_BYTES, left)):
                yield piece
                if left is not None:
                    left -= len(piece)

    def stored_in(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The names of the files in a folder, and when each was stored."""
        place = Path(self.path(folder))
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.is_file():
                yield f"{folder}/{path.name}", _stored_at(path)

    def everything(self) -> Iterator[tuple[str, int]]:
        root = Path(self.location)
        whole = [path for path in root.rglob("*") if path.is_file() and not _is_unfinished(path)]
        for path in sorted(whole, key=lambda path: str(path).encode()):
            yield path.relative_to(root).as_posix(), path.stat().st_size

    def holdings(self) -> Holdings:
        sizes = [size for _name, size in self.everything()]
        files = [path for path in Path(self.location).rglob("*") if path.is_file()]
        return Holdings(len(sizes), sum(sizes), 0, len(files) - len(sizes))

    def delete_group(self) -> None:
        """Remove every file of the group that is entered."""
        shutil.rmtree(Path(settings.MEDIA_ROOT) / group_prefix(), ignore_errors=True)

    def state(self) -> str:
        folder = Path(settings.MEDIA_ROOT)
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        return "ok" if os.access(existing, os.W_OK | os.X_OK) else "not writable"


def _draft(stream: Stream, place: Path, size: int) -> Path:
    """The bytes beside where they belong, whole or not at all."""
    draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}{DRAFT}")
    try:
        with draft.open("xb") as file:
            _copy_exactly(stream, file, size)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _copy_exactly(stream: Stream, file: BinaryIO, size: int) -> None:
    left = size
    while left and (piece := stream.read(min(PIECE_BYTES, left))):
        file.write(piece)
        left -= len(piece)
    if left or stream.read(1):
        raise WrongLength


def _is_unfinished(path: Path) -> bool:
    """Whether it is a part of an upload, or still being written."""
    return path.name.endswith(DRAFT) or any(parent.name.endswith(PARTS) for parent in path.parents)


def _stored_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
