"""What happened to messages, for modules above."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomerMessageEnded:
    """A message to a customer was sent, refused, held back, or its fate is unknown.

    ``event`` and ``key`` are those under which it was written, ``state`` and ``reason`` those of
    the delivery.
    """

    event: str
    key: str
    audience: str
    customer_id: int
    state: str
    reason: str
