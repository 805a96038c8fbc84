"""The kinds of file that the product takes, each by the endings of its names and its type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """``code`` is its usual ending and what purposes name it by; ``label`` is said to people.

    ``is_shown`` allows a browser to show it in the page instead of saving it.
    """

    code: str
    label: str
    content_type: str
    endings: tuple[str, ...]
    is_shown: bool = False


_OPEN_XML = "application/vnd.openxmlformats-officedocument"
KINDS = {
    kind.code: kind
    for kind in (
        Kind("pdf", "PDF", "application/pdf", ("pdf",), is_shown=True),
        Kind("jpg", "JPEG", "image/jpeg", ("jpg", "jpeg"), is_shown=True),
        Kind("png", "PNG", "image/png", ("png",), is_shown=True),
        Kind("webp", "WebP", "image/webp", ("webp",), is_shown=True),
        Kind("gif", "GIF", "image/gif", ("gif",), is_shown=True),
        Kind("docx", "Word", f"{_OPEN_XML}.wordprocessingml.document", ("docx",)),
        Kind("xlsx", "Excel", f"{_OPEN_XML}.spreadsheetml.sheet", ("xlsx",)),
        Kind("pptx", "PowerPoint", f"{_OPEN_XML}.presentationml.presentation", ("pptx",)),
        Kind("doc", "Word 97", "application/msword", ("doc", "wps")),
        Kind("xls", "Excel 97", "application/vnd.ms-excel", ("xls", "et")),
        Kind("ofd", "OFD", "application/ofd", ("ofd",)),
        Kind("txt", "TXT", "text/plain", ("txt",)),
        Kind("csv", "CSV", "text/csv", ("csv",)),
        Kind("zip", "ZIP", "application/zip", ("zip",)),
        Kind("mp4", "MP4", "video/mp4", ("mp4", "m4v", "mov"), is_shown=True),
    )
}
PICTURES = ("jpg", "png", "webp")
PAPERS = ("pdf", *PICTURES)
OFFICE = ("docx", "xlsx", "pptx", "doc", "xls", "ofd", "txt", "csv")
_BY_ENDING = {ending: kind for kind in KINDS.values() for ending in kind.endings}
_BY_TYPE = {kind.content_type: kind for kind in KINDS.values()}
_PROGRAMS = (
    "apk app asp aspx bat bin chm cmd cpl dll docm dmg exe hta htm html iso jar js jse jsp lnk "
    "mht mhtml msi pif php phtml pl ps1 py reg scf scr sh shtml svg svgz swf url vbe vbs wsf wsh "
    "xhtml xht xlsm"
)
PROGRAMS = frozenset(_PROGRAMS.split())
"""Endings of what could run: refused wherever in a name they stand, hidden by another or not."""


def kind_of_name(name: str) -> Kind | None:
    """The kind that the last ending of a name promises."""
    return _BY_ENDING.get(ending_of(name))


def kind_of_type(content_type: str) -> Kind | None:
    """The kind of a type as browsers and programs write it."""
    return _BY_TYPE.get(content_type.partition(";")[0].strip().lower())


def ending_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def hides_program(name: str) -> bool:
    """Whether any ending within the name is one of a program: ``invoice.exe.pdf``."""
    return any(part.strip().lower() in PROGRAMS for part in name.split(".")[1:])
