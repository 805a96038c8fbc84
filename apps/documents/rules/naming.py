"""How titles, folders and tags are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

TITLE_MOST = 200
FOLDER_MOST = 200
FOLDERS_DEEP = 5
TAG_MOST = 40
TAGS_MOST = 20
_SEPARATORS = re.compile(r"[,，;；、\n]+")


def clean_title(text: str) -> str:
    """Raises Invalid for an empty or overlong title."""
    title = _plain(text)
    if not title:
        raise Invalid(_("Give the document a name."), field="title")
    if len(title) > TITLE_MOST:
        raise Invalid(_("At most %(count)s characters.") % {"count": TITLE_MOST}, field="title")
    return title


def title_of(file_name: str) -> str:
    """A title made of a file's name: without folders and ending."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    return _plain(PurePosixPath(name).stem or name)[:TITLE_MOST] or _("Document")


def clean_folder(text: str) -> str:
    """A path such as ``合同/2026``; empty for the record's own level. Raises Invalid."""
    parts = [part for part in map(_plain, text.replace("\\", "/").split("/")) if part]
    if any(part in (".", "..") for part in parts):
        raise Invalid(_("A folder needs a name of its own."), field="folder")
    if len(parts) > FOLDERS_DEEP:
        raise Invalid(
            _("At most %(count)s folders within each other.") % {"count": FOLDERS_DEEP},
            field="folder",
        )
    path = "/".join(parts)
    if len(path) > FOLDER_MOST:
        raise Invalid(_("At most %(count)s characters.") % {"count": FOLDER_MOST}, field="folder")
    return path


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Each tag once, as first written. Raises Invalid for too many or overlong ones."""
    found: dict[str, str] = {}
    for raw in tags:
        tag = _plain(raw)
        if len(tag) > TAG_MOST:
            raise Invalid(
                _("A tag has at most %(count)s characters.") % {"count": TAG_MOST}, field="tags"
            )
        if tag:
            found.setdefault(tag.casefold(), tag)
    if len(found) > TAGS_MOST:
        raise Invalid(_("At most %(count)s tags.") % {"count": TAGS_MOST}, field="tags")
    return list(found.values())


def tags_in(text: str) -> list[str]:
    """The tags of a line in which they are parted by commas of either language."""
    return _SEPARATORS.split(text)


def _plain(text: str) -> str:
    """Without control characters, which would hide or turn round what is read."""
    kept = "".join(
        " " if letter in "\r\n\t" else letter
        for letter in text
        if letter in "\r\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cs")
    )
    return " ".join(kept.split())
