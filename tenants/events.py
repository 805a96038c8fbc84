"""What modules above may hear of the platform."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GroupFounded:
    """A new group has its space. Published inside the group's schema, in a transaction.

    Whoever listens makes what the group's owner needs to sign in and begin. It may come twice for
    the same group and must then change nothing. ``password`` is encoded already.
    """

    group_name: str
    language: str
    store_count: int
    owner_name: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class GroupErased:
    """A group is gone with all it had. Published in the platform's transaction that forgets it."""

    schema_name: str


@dataclass(frozen=True, slots=True)
class DomainProven:
    """A host name is the group's own, and answers. Published inside the group's schema."""

    domain_id: int
    host: str


@dataclass(frozen=True, slots=True)
class DomainMissing:
    """The record of a host name is gone; the name answers until ``until`` all the same."""

    domain_id: int
    host: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DomainLost:
    """A host name does not lead to the group any more, because nothing proves that it is hers."""

    domain_id: int
    host: str
