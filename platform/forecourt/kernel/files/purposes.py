"""What files are brought for: each module says which kinds it takes and how large they may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.inspection.kinds import (
    KINDS,
    PAPERS,
    Kind,
    hides_program,
    kind_of_name,
    kind_of_type,
)

if TYPE_CHECKING:
    from django.utils.functional import Promise

MEGABYTE = 2**20
LARGEST_BYTES = 2 * 2**30
FIELD = "file"


@dataclass(frozen=True, slots=True)
class FilePurpose:
    """``types`` are codes of kinds (``pdf``), ``largest_bytes`` what one file may have.

    ``permission`` is asked of whoever brings a file through the general addresses of uploads, or
    ``may_bring`` where no one right says it; without either a person cannot bring files for this
    purpose there, only its module can.
    """

    code: str
    label: str | Promise
    types: tuple[str, ...] = PAPERS
    largest_bytes: int = 20 * MEGABYTE
    permission: str = ""
    may_bring: Callable[[Actor], bool] | None = None

    @property
    def is_brought_by_people(self) -> bool:
        return bool(self.permission or self.may_bring)

    def require_brought_by(self, actor: Actor) -> None:
        """Raises NotPermitted for who may not bring such files by the general addresses."""
        if not self.is_brought_by_people:
            raise NotPermitted(_("Files of this use are brought with their record."))
        if self.permission:
            actor.require(self.permission)
        if self.may_bring and not self.may_bring(actor):
            raise NotPermitted(_("You may not bring files for this."))


@dataclass(frozen=True, slots=True)
class Limits:
    """What narrows a purpose for one upload: a kind of document takes less than all do."""

    types: tuple[str, ...] = ()
    largest_bytes: int = 0


_purposes: dict[str, FilePurpose] = {}


def declare_purpose(*purposes: FilePurpose) -> None:
    """Register purposes; a second meaning, an unknown kind and a size without bound are errors."""
    for purpose in purposes:
        if purpose.code in _purposes:
            raise ValueError(f"The purpose {purpose.code} is declared twice.")
        if unknown := set(purpose.types) - set(KINDS):
            raise ValueError(f"{purpose.code} takes unknown kinds: {sorted(unknown)}")
        if not 0 < purpose.largest_bytes <= LARGEST_BYTES:
            raise ValueError(f"{purpose.code} takes files of any size.")
        _purposes[purpose.code] = purpose


def purpose_of(code: str) -> FilePurpose:
    """Raises Invalid for a purpose that nobody declared."""
    purpose = _purposes.get(code)
    if purpose is None:
        raise Invalid(_("There is no such use of a file."), field="purpose")
    return purpose


@dataclass(frozen=True, slots=True)
class Allowed:
    """What one upload may be, after purpose and limits."""

    types: tuple[str, ...]
    largest_bytes: int
    endings: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        endings = tuple(ending for code in self.types for ending in KINDS[code].endings)
        object.__setattr__(self, "endings", endings)

    @property
    def labels(self) -> str:
        return ", ".join(KINDS[code].label for code in self.types)

    @property
    def accept(self) -> str:
        """For a file input: what its dialog offers."""
        types = dict.fromkeys(KINDS[code].content_type for code in self.types)
        return ",".join([*(f".{ending}" for ending in self.endings), *types])


def allowed(purpose: FilePurpose, limits: Limits | None = None) -> Allowed:
    """The kinds and the size that both the purpose and the limits allow."""
    limits = limits or Limits()
    types = tuple(code for code in purpose.types if not limits.types or code in limits.types)
    largest = min(purpose.largest_bytes, limits.largest_bytes or purpose.largest_bytes)
    return Allowed(types, largest)


def require_allowed(what: Allowed, *, name: str, size: int, content_type: str) -> Kind:
    """The kind that is declared. Raises Invalid beside the file when it is not allowed here."""
    kind = kind_of_name(name)
    if not name:
        raise Invalid(_("The file needs a name with an ending, such as .pdf."), field=FIELD)
    if hides_program(name) or kind is None or kind.code not in what.types:
        raise Invalid(
            _("Files of this kind are not accepted here. Accepted are: %(kinds)s.")
            % {"kinds": what.labels},
            field=FIELD,
        )
    declared = kind_of_type(content_type)
    if declared is not None and declared != kind and content_type not in _LOOSE:
        raise Invalid(_("The content of the file is not what its name says."), field=FIELD)
    if size <= 0:
        raise Invalid(_("This file is empty."), field=FIELD)
    if size > what.largest_bytes:
        megabytes = what.largest_bytes // MEGABYTE
        raise Invalid(
            _("The file is larger than %(size)s MB.") % {"size": megabytes or 1}, field=FIELD
        )
    return kind


# What browsers say of anything that they do not know better.
_LOOSE = {"text/plain", "application/zip"}
