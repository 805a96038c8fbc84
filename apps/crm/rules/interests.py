"""What a customer wants of the catalogue: series or single models, each with a colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from forecourt.kernel.language import in_active_language

MOST = 3
LONGEST_COLOUR = 60


@dataclass(frozen=True, slots=True)
class Interest:
    """One series, or one model of it; named as it was called when it was chosen."""

    series_id: int
    model_id: int | None
    name_zh: str
    name_en: str
    colour: str = ""

    @property
    def name(self) -> str:
        """In the reader's language, as far as it has one."""
        return in_active_language(self.name_zh, self.name_en)

    def __str__(self) -> str:
        return f"{self.name} · {self.colour}" if self.colour else self.name


def as_kept(interests: Iterable[Interest]) -> list[dict[str, Any]]:
    """As the deal's column holds them."""
    return [asdict(one) for one in interests]


def interests_in(kept: Iterable[Mapping[str, Any]]) -> list[Interest]:
    return [Interest(**one) for one in kept]


def spoken(interests: Iterable[Interest]) -> str:
    """All of them in one line, for a history."""
    return "; ".join(str(one) for one in interests)
