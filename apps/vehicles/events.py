"""What happened to vehicles, for modules above; published in the transaction of the change."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StockUnitReceived:
    stock_unit_id: int
    store_id: int
    received_date: date


@dataclass(frozen=True, slots=True)
class StockUnitReserved:
    stock_unit_id: int
    store_id: int
    customer_id: int | None
    order_reference: str


@dataclass(frozen=True, slots=True)
class StockUnitReleased:
    stock_unit_id: int
    store_id: int
    customer_id: int | None
    order_reference: str


@dataclass(frozen=True, slots=True)
class StockUnitSold:
    stock_unit_id: int
    store_id: int
    price: Decimal
    sold_date: date
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class SaleCancelled:
    stock_unit_id: int
    store_id: int


@dataclass(frozen=True, slots=True)
class StockUnitDelivered:
    stock_unit_id: int
    store_id: int
    delivered_date: date
    customer_id: int | None


@dataclass(frozen=True, slots=True)
class TransferRequested:
    transfer_id: int
    from_store_id: int
    to_store_id: int


@dataclass(frozen=True, slots=True)
class TransferApproved:
    transfer_id: int
    from_store_id: int
    to_store_id: int


@dataclass(frozen=True, slots=True)
class TransferDispatched:
    transfer_id: int
    from_store_id: int
    to_store_id: int


@dataclass(frozen=True, slots=True)
class TransferReceived:
    """Some or all vehicles of a transfer entered the receiver's stock."""

    transfer_id: int
    from_store_id: int
    to_store_id: int
    stock_unit_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransferClosed:
    """The transfer ended: received, refused, rejected or cancelled, as ``state`` says."""

    transfer_id: int
    from_store_id: int
    to_store_id: int
    state: str
