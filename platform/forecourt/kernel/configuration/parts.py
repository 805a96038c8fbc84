"""Parts of the configuration: each module declares what it keeps, in words that a file can hold."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any, ClassVar

from forecourt.kernel.access import Actor
from forecourt.kernel.configuration.report import Place, Report
from forecourt.kernel.configuration.shapes import Anything, Shape
from forecourt.kernel.errors import DomainError

if TYPE_CHECKING:
    from django.utils.functional import Promise


class Part:
    """One part of the configuration: how it is read, judged and written.

    The data is plain (texts, whole numbers, floats, booleans, None, lists, dicts with text keys)
    and names everything by codes that mean the same in another group, never by ids. A file that
    names the part holds all of it: what the file leaves out is taken away.
    """

    name: ClassVar[str]
    label: ClassVar["str | Promise"]
    after: ClassVar[Sequence[str]] = ()
    """Parts that must be applied before this one, because its data names what they hold."""
    shape: ClassVar[Shape] = Anything()

    def export(self) -> Any:
        """The present data, read from the tables and not from a cache, always in one order."""
        raise NotImplementedError

    def read(self, raw: Any, report: Report) -> Any:
        """The file's data in the form that :meth:`export` has. Overridden to fill in what a file
        of an earlier release cannot know, from ``report.present``."""
        return self.shape.read(raw, (self.name,), report)

    def check(self, data: Any, report: Report) -> None:
        """Report what the shape cannot know: a store code or a permission that does not exist."""

    def apply(self, data: Any, actor: Actor) -> None:
        """Add and change by the module's own actions, so that their rules and rights hold.

        Raises the actions' DomainErrors; :func:`at` gives them a place in the file. Afterwards,
        and after :meth:`prune`, :meth:`export` must answer ``data``.
        """
        raise NotImplementedError

    def prune(self, data: Any, actor: Actor) -> None:
        """Take away what the data does not hold; called when all parts have been applied, the
        last part first, so that what is taken away is no longer named by another part."""


class RefusedAt(DomainError):
    """An action's refusal, with the place in the file that led to it."""

    code = "configuration_refused"

    def __init__(self, refusal: DomainError, place: Place) -> None:
        super().__init__(refusal.message)
        self.place = place


@contextmanager
def at(*place: str) -> Iterator[None]:
    """Say where in its data a part is, so that a refusal inside tells the person."""
    try:
        yield
    except RefusedAt:
        raise
    except DomainError as refusal:
        raise RefusedAt(refusal, place) from refusal


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    if part.name in _parts:
        raise ValueError(f"The configuration part {part.name} is declared twice.")
    _parts[part.name] = part


def part(name: str) -> Part:
    """Raises LookupError."""
    return _parts[name]


def all_parts() -> list[Part]:
    """Every part, those that others stand on first."""
    order = TopologicalSorter({name: _parts[name].after for name in sorted(_parts)})
    return [_parts[name] for name in order.static_order()]
