"""What kinds of file a kind of document may take, in words that people choose from."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class FileType(models.TextChoices):
    PDF = "pdf", _("PDF")
    IMAGE = "image", _("Photos and pictures")
    WORD = "word", _("Word documents")
    EXCEL = "excel", _("Excel tables")
    TEXT = "text", _("Plain text")
    FILM = "film", _("Films")


CODES: dict[str, tuple[str, ...]] = {
    FileType.PDF: ("pdf", "ofd"),
    FileType.IMAGE: ("jpg", "png", "webp", "gif"),
    FileType.WORD: ("docx", "doc", "pptx"),
    FileType.EXCEL: ("xlsx", "xls", "csv"),
    FileType.TEXT: ("txt",),
    FileType.FILM: ("mp4",),
}
"""The file store's own names of the kinds behind each word."""
LARGEST_MEGABYTES = 1024


def file_codes(types: Iterable[str]) -> tuple[str, ...]:
    """The file store's kinds behind the chosen words; all of them where none is chosen."""
    chosen = list(types) or FileType.values
    return tuple(code for each in chosen for code in CODES.get(each, ()))
