"""Checks of what must always be true of a group's data; each module adds its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken invariant: which record, and what is wrong with it."""

    subject: str
    message: str


Check = Callable[[], Iterable[Problem]]
_checks: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Decorator: a generator of :class:`Problem`, run inside each group's schema."""

    def register(function: Check) -> Check:
        if name in _checks:
            raise ValueError(f"The check {name!r} is declared twice.")
        _checks[name] = function
        return function

    return register


def run_checks() -> Iterable[tuple[str, list[Problem]]]:
    """Every check by name with what it found, in the group that is entered."""
    for name, function in sorted(_checks.items()):
        yield name, list(function())
