"""What modules above add to acts of this one: what keeps a store open, what a leaver hands over,
which brands there are, whether there is any amount.

A module registers its functions when it starts (in its ``subscribers.py``)::

    @hooks.closing_blocker
    def vehicles_left(store_id):
        count = ...
        if count:
            yield hooks.Remainder(_("Vehicles in stock"), count, url)

    hooks.register_handover(hooks.Handover("crm.leads", _("Open leads"), count_of, hand_over))
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from forecourt.kernel.access import Actor

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Remainder:
    """Something left in a store that keeps it from closing, and where to see it."""

    label: "str | Promise"
    count: int
    url: str


Blocker = Callable[[int], Iterable[Remainder]]
_blockers: list[Blocker] = []


def closing_blocker(blocker: Blocker) -> Blocker:
    """Decorator: ``blocker(store_id)`` yields what is left of its module in the store."""
    _blockers.append(blocker)
    return blocker


def left_in(store_id: int) -> list[Remainder]:
    """Everything that keeps the store from closing."""
    return [remainder for blocker in _blockers for remainder in blocker(store_id)]


@dataclass(frozen=True)
class Handover:
    """What people own of one kind.

    ``count_of(staff_id)`` says how much; ``hand_over(from_staff_id, to_staff_id, actor)`` moves it
    inside the caller's transaction and answers how much it moved. ``lock(staff_id)``, where given,
    is asked before anything of any kind moves: it locks the kinds of its module in the order in
    which everybody else there locks them.
    """

    name: str
    label: "str | Promise"
    count_of: Callable[[int], int]
    hand_over: Callable[[int, int, Actor], int]
    lock: Callable[[int], object] | None = None


_handovers: dict[str, Handover] = {}


def register_handover(handover: Handover) -> None:
    if handover.name in _handovers:
        raise ValueError(f"The handover {handover.name} is declared twice.")
    _handovers[handover.name] = handover


def owned_by(staff_id: int) -> list[tuple[Handover, int]]:
    """What a person owns, by kind; kinds of which she owns nothing are left out."""
    owned = [(handover, handover.count_of(staff_id)) for handover in _handovers.values()]
    return [(handover, count) for handover, count in owned if count]


def hand_over_all(*, from_staff_id: int, to_staff_id: int, actor: Actor) -> dict[str, int]:
    """Move everything from one person to another; answers how much of each kind."""
    for declared in _handovers.values():
        if declared.lock is not None:
            declared.lock(from_staff_id)
    return {
        handover.name: handover.hand_over(from_staff_id, to_staff_id, actor)
        for handover, _count in owned_by(from_staff_id)
    }


class BrandNames(NamedTuple):
    """What a brand that the group sells is called; one of the two may be empty."""

    name_zh: str
    name_en: str


BrandSource = Callable[[], Iterable[BrandNames]]
_brand_sources: list[BrandSource] = []


def brand_source(source: BrandSource) -> BrandSource:
    """Decorator: ``source()`` answers the brands of the catalogue that a store may sell."""
    _brand_sources.append(source)
    return source


def known_brands() -> list[BrandNames]:
    """Every brand that a module keeps."""
    return [brand for source in _brand_sources for brand in source()]


AmountHolder = Callable[[], bool]
_amount_holders: list[AmountHolder] = []


def amount_holder(holder: AmountHolder) -> AmountHolder:
    """Decorator: ``holder()`` says whether its module keeps any amount in the group's currency."""
    _amount_holders.append(holder)
    return holder


def holds_amounts() -> bool:
    return any(holder() for holder in _amount_holders)
