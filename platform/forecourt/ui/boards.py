"""A board: cards in lanes, moved by dragging or from a menu, with the server deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Card:
    """`moves` are the keys of the lanes that it may go to; badges are (text, tone)."""

    id: int
    title: Any
    url: str = ""
    text: Any = ""
    badges: Sequence[tuple[Any, str]] = ()
    moves: Sequence[str] = ()


@dataclass(frozen=True)
class Lane:
    key: str
    label: Any
    cards: Sequence[Card] = ()
    tone: str = "neutral"
    note: Any = ""


@dataclass(frozen=True)
class Board:
    """`move_url` gets POST `card` and `lane` and answers the board's partial, or refuses."""

    id: str
    label: Any
    move_url: str
    lanes: Sequence[Lane] = field(default_factory=tuple)

    @property
    def labels(self) -> dict[str, Any]:
        return {lane.key: lane.label for lane in self.lanes}
