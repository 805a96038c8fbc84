"""What happened in this module, for modules above it; published inside the transaction."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CarLent:
    loan_id: int
    customer_id: int
    store_id: int


@dataclass(frozen=True, slots=True)
class CarReturned:
    loan_id: int
    customer_id: int
    store_id: int
