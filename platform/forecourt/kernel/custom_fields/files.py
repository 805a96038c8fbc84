"""Files as values: checked by what they contain, kept in the group's storage, only downloaded.

A record of such a file is ``{"key", "name", "size", "type"}``; ``key`` is random, stands in no
page and no answer of the API, and is never taken from outside.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid, NotFound

LARGEST_MEGABYTES = 20
FOLDER = "custom"
_HEAD_BYTES = 512
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Ending: what the file begins with, and its type. Text has no sign of its own.
KINDS: dict[str, tuple[tuple[bytes, ...], str]] = {
    "pdf": ((b"%PDF-",), "application/pdf"),
    "png": ((b"\x89PNG\r\n\x1a\n",), "image/png"),
    "jpg": ((b"\xff\xd8\xff",), "image/jpeg"),
    "jpeg": ((b"\xff\xd8\xff",), "image/jpeg"),
    "gif": ((b"GIF87a", b"GIF89a"), "image/gif"),
    "webp": ((b"RIFF",), "image/webp"),
    "docx": (
        (_ZIP,),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "xlsx": ((_ZIP,), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "doc": ((_OLE,), "application/msword"),
    "xls": ((_OLE,), "application/vnd.ms-excel"),
    "zip": ((_ZIP,), "application/zip"),
    "txt": ((), "text/plain"),
    "csv": ((), "text/csv"),
}


def require_good(file: File, *, limit: int = 0) -> None:
    """Raises Invalid for a file that is too large, empty, or not what its ending says.

    ``limit`` in megabytes, 0 for the largest allowed.
    """
    megabytes = min(limit or LARGEST_MEGABYTES, LARGEST_MEGABYTES)
    if not file.size:
        raise Invalid(_("This file is empty."))
    if file.size > megabytes * 2**20:
        raise Invalid(_("The file is larger than %(size)s MB.") % {"size": megabytes})
    ending = _ending(file.name or "")
    if ending not in KINDS:
        raise Invalid(
            _("Choose a file of the kind %(kinds)s.") % {"kinds": ", ".join(sorted(KINDS))}
        )
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    signs, _type = KINDS[ending]
    good = head.startswith(signs) if signs else b"\x00" not in head
    if ending == "webp":
        good = good and head[8:12] == b"WEBP"
    if not good:
        raise Invalid(_("The file is not what its name says: %(kind)s.") % {"kind": ending})


def keep(file: File) -> dict[str, Any]:
    """Put a checked file into the group's storage; answers its record."""
    name = PurePath(file.name or "").name
    ending = _ending(name)
    key = storages["default"].save(f"{FOLDER}/{secrets.token_hex(16)}.{ending}", file)
    return {"key": key, "name": name[-120:], "size": file.size, "type": KINDS[ending][1]}


def opened(record: Mapping[str, Any]) -> File:
    """The kept file, to read. Raises NotFound when the storage has lost it."""
    try:
        return storages["default"].open(record["key"])
    except FileNotFoundError as error:
        raise NotFound(_("This file is gone.")) from error


def shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without the key, for answers and the log."""
    return {"name": record["name"], "size": record["size"], "type": record["type"]}


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")
