"""What is known of customers, as something to ask for: each module declares its facts.

In the module's ``customer_facts.py``::

    declare(
        Fact("crm.note", _("Note"), Kind.TEXT, WHO, value=lambda: F("note")),
        Fact(
            "sales.brand",
            _("Brand ordered"),
            Kind.CHOICE,
            ORDERS,
            among=lambda: Among(SalesOrder.objects.all(), "customer_id", "series__brand_id"),
            choices=brands,
            is_row=True,
        ),
    )

A fact is an expression over the table of customers (``value``), or rows of another table that name
their customer (``among``): either way a set of customers is one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet, TextChoices

from forecourt.kernel.access import Actor
from forecourt.kernel.feed import FeedEvent

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise


class Kind(TextChoices):
    """What values a fact has, and so what can be asked of it."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DATE = "DATE"
    BIRTHDAY = "BIRTHDAY"
    """A day that comes round each year."""
    CHOICE = "CHOICE"
    YES_NO = "YES_NO"


@dataclass(frozen=True, slots=True)
class Among:
    """Rows of another table: ``customer`` is the column with the customer's id, ``value`` the
    lookup of what is asked for."""

    rows: QuerySet
    customer: str
    value: str


@dataclass(frozen=True)
class Fact:
    """Something that a customer may be asked for by.

    ``code`` names it in kept conditions and never changes; ``of`` is the heading under which it is
    offered. Either ``value`` makes the expression or ``among`` the rows; they are called anew each
    time, in the group that is entered. ``choices(actor)`` answers ``(value, label)`` pairs, and
    ``unit`` stands behind a number. ``may_ask(actor)`` says who may ask for it, where not everybody
    may. ``listed`` names a custom field that holds several values, which no expression can compare.
    """

    code: str
    label: Text
    kind: Kind
    of: Text
    value: Callable[[], Any] | None = None
    among: Callable[[], Among] | None = None
    choices: Callable[[Actor], Iterable[tuple[Any, Any]]] | None = None
    unit: Text = ""
    may_ask: Callable[[Actor], bool] | None = None
    listed: str = ""
    spelt: Callable[[str], str] | None = None
    """How a typed name is kept; the text may hold several."""
    between: str = ""
    """What stands between the names of such a text."""
    is_row: bool = False
    """Whether its values are the ids of rows."""

    @property
    def is_dated(self) -> bool:
        """Whether something may be planned for days before or after it."""
        return self.kind in (Kind.DATE, Kind.BIRTHDAY)

    def is_open_to(self, actor: Actor) -> bool:
        return self.may_ask is None or self.may_ask(actor)


_facts: dict[str, Fact] = {}
_sources: list[Callable[[], Iterable[Fact]]] = []


def declare(*facts: Fact) -> None:
    """Make facts known. Raises ValueError for a second meaning, or one with no or two sources."""
    for fact in facts:
        if fact.code in _facts:
            raise ValueError(f"The fact {fact.code} is declared twice.")
        if (fact.value is None) == (fact.among is None):
            raise ValueError(f"The fact {fact.code} needs either a value or rows.")
        _facts[fact.code] = fact


def declare_more(source: Callable[[], Iterable[Fact]]) -> Callable[[], Iterable[Fact]]:
    """Decorator: facts that a group makes itself, such as its custom fields."""
    _sources.append(source)
    return source


def all_facts() -> Mapping[str, Fact]:
    """By code: those of the modules in the order of their declaration, then the group's own."""
    found = dict(_facts)
    for source in _sources:
        found |= {fact.code: fact for fact in source()}
    return found


def facts_for(actor: Actor) -> list[Fact]:
    """What the person may ask for."""
    return [fact for fact in all_facts().values() if fact.is_open_to(actor)]


# --- Whom an event is about -----------------------------------------------------------------------

CustomersOf = Callable[[Iterable[str]], Mapping[str, int]]
_subjects: dict[str, CustomersOf] = {}
_events: dict[str, frozenset[str]] = {}


def register_subject(
    kind: str, customers_of: CustomersOf, *, events: Iterable[str] | None = None
) -> None:
    """Say whose a record is: ``customers_of(ids)`` answers ``{record id: customer id}``.

    ``events`` are the types of the feed that are about its customer, where not all of them are.
    """
    if kind in _subjects:
        raise ValueError(f"Whose a {kind} is is declared twice.")
    _subjects[kind] = customers_of
    if events is not None:
        _events[kind] = frozenset(events)


def is_about_customer(event: FeedEvent) -> bool:
    """Whether an event of the feed is about a record that belongs to a customer."""
    if event.subject not in _subjects:
        return False
    return event.subject not in _events or event.type in _events[event.subject]


def customers_of(kind: str, ids: Iterable[str]) -> Mapping[str, int]:
    """``{record id: customer id}`` of the records that have a customer."""
    return _subjects[kind](ids)


# --- What an automation may give ------------------------------------------------------------------

GiveReward = Callable[[int, str, str, date], None]


@dataclass(frozen=True)
class Reward:
    """Something that another module can give a customer: a coupon, points.

    ``choices(actor)`` answers which there are; ``give(customer_id, value, key, day)`` gives one,
    once for the key.
    """

    code: str
    label: Text
    choices: Callable[[Actor], Iterable[tuple[str, Any]]]
    give: GiveReward


_rewards: dict[str, Reward] = {}


def register_reward(reward: Reward) -> None:
    if reward.code in _rewards:
        raise ValueError(f"The reward {reward.code} is declared twice.")
    _rewards[reward.code] = reward


def rewards() -> Mapping[str, Reward]:
    return dict(_rewards)
