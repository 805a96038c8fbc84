"""The kept figures of vehicles, and how each is counted again from its documents."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext_lazy as _

from apps.vehicles.rules import figures
from apps.vehicles.rules.states import HELD, StockState
from forecourt.kernel.summaries import Measure, declare

Rows = Iterable[tuple[int, date, int, Decimal]]

HELD_STATES = ", ".join(f"'{state}'" for state in sorted(HELD))

# A level is the sum of what every movement added where it ended and took away where it began.
LEVEL = """
    SELECT store_id, date, count(*)::bigint, coalesce(sum(cost), 0)
    FROM vehicles_stockmovement WHERE state IN ({states}) GROUP BY 1, 2
    UNION ALL
    SELECT from_store_id, date, -count(*)::bigint, -coalesce(sum(from_cost), 0)
    FROM vehicles_stockmovement
    WHERE from_state IN ({states}) AND from_store_id IS NOT NULL GROUP BY 1, 2
"""
ARRIVING = """
    SELECT transfer.to_store_id, movement.date,
           sum((movement.state = 'ON_TRANSFER')::int - (movement.from_state = 'ON_TRANSFER')::int),
           0
    FROM vehicles_stockmovement AS movement
    JOIN vehicles_vehicletransfer AS transfer ON transfer.id = movement.transfer_id
    GROUP BY 1, 2
"""
BY_ARRIVAL = """
    SELECT store_id, stocked_in_date, count(*), coalesce(sum(cost), 0)
    FROM vehicles_stockunit WHERE state IN ({states}) GROUP BY 1, 2
"""
FLOW = """
    SELECT store_id, date, count(*), coalesce(sum({amount}), 0)
    FROM vehicles_stockmovement WHERE kind IN ({kinds}) GROUP BY 1, 2
"""
CANCELLED = """
    SELECT store_id, date, -count(*), -coalesce(sum(amount), 0)
    FROM vehicles_stockmovement WHERE kind = 'SALE_CANCELLED' GROUP BY 1, 2
"""
OPEN_TRANSFERS = """
    SELECT to_store_id, requested_date, count(*), 0 FROM vehicles_vehicletransfer GROUP BY 1, 2
    UNION ALL
    SELECT to_store_id, closed_date, -count(*), 0 FROM vehicles_vehicletransfer
    WHERE closed_date IS NOT NULL GROUP BY 1, 2
"""


def _counted(sql: str, *, with_amount: bool = True) -> Callable[[], Rows]:
    def recount() -> Iterator[tuple[int, date, int, Decimal]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for store_id, day, quantity, amount in cursor.fetchall():
                yield store_id, day, int(quantity), Decimal(amount if with_amount else 0)

    return recount


held = LEVEL.format(states=HELD_STATES)
declare(
    Measure(
        code=figures.STOCK_UNITS,
        label=_("Vehicles in stock"),
        formula=_("In stock, reserved, demo, on loan, and sold but not yet delivered"),
        recount=_counted(held, with_amount=False),
        permission="vehicles.view_stock",
        is_level=True,
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.STOCK_VALUE,
        label=_("Money in stock"),
        formula=_("Cost of the vehicles in stock"),
        recount=_counted(held),
        permission="vehicles.see_cost",
        is_level=True,
        has_amount=True,
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.STOCK_BY_ARRIVAL,
        label=_("Stock by day of arrival"),
        formula=_("Vehicles in stock that had arrived by a day: their age follows from it"),
        recount=_counted(BY_ARRIVAL.format(states=HELD_STATES)),
        permission="vehicles.view_stock",
        is_level=True,
        has_amount=True,
        amount_permission="vehicles.see_cost",
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.IN_TRANSIT,
        label=_("Vehicles on transfer"),
        formula=_("Set aside or on their way to another store, at the store that sends them"),
        recount=_counted(LEVEL.format(states=f"'{StockState.ON_TRANSFER}'")),
        permission="vehicles.view_stock",
        is_level=True,
        has_amount=True,
        amount_permission="vehicles.see_cost",
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.ARRIVING,
        label=_("Vehicles arriving"),
        formula=_("On transfer, at the store that receives them"),
        recount=_counted(ARRIVING),
        permission="vehicles.view_stock",
        is_level=True,
        rows="vehicles:transfer_list",
    )
)
declare(
    Measure(
        code=figures.RECEIVED,
        label=_("Vehicles taken into stock"),
        formula=_("Goods-in from outside the group, with their cost"),
        recount=_counted(FLOW.format(kinds="'RECEIVED'", amount="cost")),
        permission="vehicles.view_stock",
        has_amount=True,
        amount_permission="vehicles.see_cost",
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.SOLD,
        label=_("Vehicles sold"),
        formula=_("Sales on the day of sale, less cancelled ones, with their price"),
        recount=_counted(
            FLOW.format(kinds="'SOLD', 'HISTORY'", amount="amount") + " UNION ALL " + CANCELLED
        ),
        permission="vehicles.view_stock",
        has_amount=True,
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.DELIVERED,
        label=_("Vehicles delivered"),
        formula=_("Deliveries to customers, with the price"),
        recount=_counted(FLOW.format(kinds="'DELIVERED', 'HISTORY'", amount="amount")),
        permission="vehicles.view_stock",
        has_amount=True,
        rows="vehicles:stock_unit_list",
    )
)
declare(
    Measure(
        code=figures.TRANSFERS_OPEN,
        label=_("Open transfers"),
        formula=_("Requested, approved or on the way, at the store that receives"),
        recount=_counted(OPEN_TRANSFERS),
        permission="vehicles.view_transfer",
        is_level=True,
        rows="vehicles:transfer_list",
    )
)
