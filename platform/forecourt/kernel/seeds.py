"""Data that every new group starts with: roles, positions, option lists.

Each module plants its own.

Planting is idempotent: it adds what is missing and touches nothing that a group has changed.
"""

from collections.abc import Callable

_planters: list[tuple[int, Callable[[], None]]] = []


def plants(order: int = 100) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Decorator: run the function in every new group's schema, lowest order first."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        _planters.append((order, function))
        return function

    return register


def planters() -> list[Callable[[], None]]:
    """Every planting function, in the order in which they run."""
    return [function for _order, function in sorted(_planters, key=lambda item: item[0])]


def plant_all() -> None:
    for function in planters():
        function()
