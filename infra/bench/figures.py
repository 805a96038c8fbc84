"""One figure beside its floors, and what every item needs to measure it."""

from __future__ import annotations

import itertools
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from infra.bench.client import Client
from infra.bench.fill import Filled, Scale
from infra.bench.site import FLOOR_DATABASE, Site

Work = Callable[[int], object]
"""One call; the number says the how many-th it is."""
ROUNDS = 2
WARM_SHARE = 3
"""A third as many calls go before, uncounted: every thread of a server has its own connection, and
each keeps a statement only once it has seen it some times."""


@dataclass(frozen=True)
class Result:
    """One figure with its floors in the same unit; None where a floor makes no sense."""

    item: str
    what: str
    value: float
    unit: str
    sql_floor: float | None = None
    django_floor: float | None = None

    def ratio(self, floor: float | None) -> float | None:
        """How many times the floor it takes or, for a rate, how many times less it does."""
        if not floor or not self.value:
            return None
        return floor / self.value if self.unit.endswith("/s") else self.value / floor


class Bench:
    """The running product and its floor, and the ways to time both."""

    def __init__(self, site: Site, filled: Filled, scale: Scale) -> None:
        self.site = site
        self.filled = filled
        self.scale = scale
        self.product = Client(site.port, filled.host, filled.token)
        self.floor = Client(site.floor_port)
        self.sql = site.superuser(FLOOR_DATABASE)
        self._dice = random.Random(7)
        self._numbers = itertools.count(10_000_000)

    def phone(self) -> str:
        """One that nobody has yet."""
        return f"199{next(self._numbers):08d}"

    def name(self) -> str:
        """A Chinese name; few are alike."""
        return "".join(chr(self._dice.randint(0x4E00, 0x9FA5)) for _character in range(3))

    def latency(
        self, item: str, what: str, product: Work, sql: Work | None, django: Work | None
    ) -> Result:
        """The medians of calls made by turns, so that a busy moment of the machine meets all."""
        works = (product, sql, django)
        medians = [median and median * 1000 for median in medians_of(works, self.scale.requests)]
        return Result(item, what, medians[0] or 0.0, "ms", *medians[1:])

    def rate(
        self,
        item: str,
        what: str,
        product: Iterable[Callable[[], int]],
        django: Iterable[Callable[[], int]],
    ) -> Result:
        """Calls a second of all workers together, product and floor by turns."""
        sides = (list(product), list(django))
        done, taken = [0, 0], [0.0, 0.0]
        for _round in range(ROUNDS):
            for side, workers in enumerate(sides):
                began = time.perf_counter()
                done[side] += _count(workers, self.scale.seconds / ROUNDS)
                taken[side] += time.perf_counter() - began
        rates = [count / seconds for count, seconds in zip(done, taken, strict=True)]
        return Result(item, what, rates[0], "/s", None, rates[1])


def medians_of(works: Iterable[Work | None], times: int) -> list[float | None]:
    """The median seconds of each, after calls that are not counted; None for what is None."""
    works = list(works)
    taken: list[list[float]] = [[] for _work in works]
    warm = max(times // WARM_SHARE, 1)
    for number in range(-warm, times):
        for work, of_work in zip(works, taken, strict=True):
            if work is None:
                continue
            began = time.perf_counter()
            work(number + warm)
            if number >= 0:
                of_work.append(time.perf_counter() - began)
    return [statistics.median(of_work) if of_work else None for of_work in taken]


def _count(workers: list[Callable[[], int]], seconds: float) -> int:
    """What all workers together get done in the time; each is a thread."""
    counts: list[int] = []
    failures: list[BaseException] = []
    end = time.monotonic() + seconds

    def run(work: Callable[[], int]) -> None:
        done = 0
        try:
            while time.monotonic() < end:
                done += work()
        except BaseException as error:  # told below, in the thread that asked
            failures.append(error)
        counts.append(done)

    threads = [threading.Thread(target=run, args=(work,)) for work in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts)
