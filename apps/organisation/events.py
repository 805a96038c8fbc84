"""What modules above may hear of stores and people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreAdded:
    store_id: int


@dataclass(frozen=True, slots=True)
class StoreStateChanged:
    store_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StaffJoined:
    """Somebody accepted her invitation; ``user_id`` is her account."""

    staff_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class StaffLeft:
    """Somebody left; what she had was handed to the successor in the same transaction."""

    staff_id: int
    successor_id: int | None
