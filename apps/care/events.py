"""What happened to complaints, for modules above; published inside the transaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ComplaintRegistered:
    complaint_id: int
    customer_id: int
    store_id: int
    kind: str
    severity: str


@dataclass(frozen=True, slots=True)
class ComplaintClosed:
    """The customer has confirmed that it is settled."""

    complaint_id: int
    customer_id: int
    store_id: int
    satisfaction: int


@dataclass(frozen=True, slots=True)
class ComplaintReopened:
    complaint_id: int
    customer_id: int
    store_id: int
    reopen_count: int
