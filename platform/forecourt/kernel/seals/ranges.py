"""Sets of ids as ranges: the ids of a log run on, but for holes of what was taken back."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Ranges = list[list[int]]
"""``[[first, last], …]``, both ends included, in order."""


def ranges_of(ids: Iterable[int]) -> Ranges:
    """Ascending ids as few ranges."""
    found: Ranges = []
    for number in ids:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


class IdSet:
    """Many ranges, asked for single ids."""

    def __init__(self, ranges: Iterable[Sequence[int]]) -> None:
        ordered = sorted((first, last) for first, last in ranges)
        self._firsts = [first for first, _last in ordered]
        self._lasts = [last for _first, last in ordered]

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]
