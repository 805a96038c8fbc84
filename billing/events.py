"""What modules above may hear of subscriptions; published inside the group's schema."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StandingChanged:
    """A group's state has changed by its subscription."""

    before: str
    after: str
    is_held: bool = False
    """Suspended by an operator, and not because it has not been paid for."""


@dataclass(frozen=True, slots=True)
class StandingWillChange:
    """Unless something is done, the state changes at ``until``; told 7, 3 and 1 days ahead."""

    state: str
    then: str
    until: datetime
    days: int
