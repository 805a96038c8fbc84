"""What must always be true of vehicles, stock and transfers."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Count, F, Max, Min, Q

from apps.vehicles.models import StockMovement, StockUnit, TransferLine, VehicleTransfer
from apps.vehicles.rules.states import LIVE, OPEN_TRANSFERS, StockState, TransferState
from forecourt.kernel.verify import Problem, check

BROKEN_CHAINS = """
    SELECT unit_id, sequence FROM (
        SELECT unit_id, sequence, from_state, from_store_id,
               lag(state) OVER life AS state_before, lag(store_id) OVER life AS store_before
        FROM vehicles_stockmovement WINDOW life AS (PARTITION BY unit_id ORDER BY sequence)
    ) AS chained
    WHERE from_state <> coalesce(state_before, 'NEW')
       OR from_store_id IS DISTINCT FROM store_before
"""


@check("stock units against their movements")
def _units_follow_movements() -> Iterator[Problem]:
    """The last movement is the last of a gapless log, and the unit says what it says."""
    logs = StockMovement.objects.values("unit_id").annotate(
        first=Min("sequence"), last=Max("sequence"), count=Count("id")
    )
    for log in logs.exclude(first=1, last=F("count")):
        yield Problem(f"stock unit {log['unit_id']}", "the sequence of its movements has a gap")
    units = StockUnit.objects.select_related("last_movement")
    for unit in units.filter(last_movement__isnull=True):
        yield Problem(unit.stock_number, "has no movement")
    disagreeing = units.filter(last_movement__isnull=False).exclude(
        state=F("last_movement__state"),
        store=F("last_movement__store"),
        movement_count=F("last_movement__sequence"),
        pk=F("last_movement__unit"),
    )
    for unit in disagreeing:
        yield Problem(unit.stock_number, "state or store differ from its last movement")
    for unit in units.exclude(cost__isnull=True, last_movement__cost__isnull=True).exclude(
        cost=F("last_movement__cost")
    ):
        yield Problem(unit.stock_number, "its cost differs from its last movement's")
    behind = units.annotate(count=Count("movements")).exclude(movement_count=F("count"))
    for unit in behind:
        yield Problem(unit.stock_number, "its last movement is not the last of its log")


@check("stock movements, each where the one before ended")
def _movements_are_chained() -> Iterator[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(BROKEN_CHAINS)
        for unit_id, sequence in cursor.fetchall():
            yield Problem(
                f"stock unit {unit_id}", f"movement {sequence} does not begin where it should"
            )


@check("one live stock unit per vehicle")
def _one_live_unit() -> Iterator[Problem]:
    doubled = (
        StockUnit.objects.filter(state__in=sorted(LIVE))
        .values("vehicle_id")
        .annotate(count=Count("id"))
        .filter(count__gt=1)
    )
    for row in doubled:
        yield Problem(f"vehicle {row['vehicle_id']}", f"has {row['count']} live stock units")
    for unit in StockUnit.objects.exclude(series=F("vehicle__series")):
        yield Problem(unit.stock_number, "its series differs from its vehicle's")
    for unit in StockUnit.objects.exclude(has_vin=Q(vehicle__vin__isnull=False)):
        yield Problem(unit.stock_number, "says wrongly whether its vehicle has a VIN")


@check("vehicles of transfers where they must be")
def _transferred_units_in_place() -> Iterator[Problem]:
    lines = TransferLine.objects.select_related("transfer", "unit").filter(is_open=True)
    for line in lines.exclude(transfer__state__in=OPEN_TRANSFERS):
        yield Problem(line.transfer.number, "is closed and has an open line")
    under_way = lines.filter(
        transfer__state__in=(TransferState.APPROVED, TransferState.IN_TRANSIT)
    ).exclude(
        unit__state=StockState.ON_TRANSFER,
        unit__store=F("transfer__from_store"),
        unit__destination_store=F("transfer__to_store"),
    )
    for line in under_way:
        yield Problem(line.transfer.number, f"{line.unit} is not on its way")
    astray = StockUnit.objects.filter(state=StockState.ON_TRANSFER).exclude(
        transfer_lines__in=TransferLine.objects.filter(
            is_open=True, transfer__state__in=(TransferState.APPROVED, TransferState.IN_TRANSIT)
        )
    )
    for unit in astray:
        yield Problem(unit.stock_number, "is on its way under no open transfer")
    decided = VehicleTransfer.objects.filter(state=TransferState.REQUESTED).exclude(
        Q(approval__isnull=True) | Q(approval__state__in=["PENDING", "RETURNED"])
    )
    for transfer in decided:
        yield Problem(transfer.number, "waits for an approval that has ended")
    empty = (
        TransferLine.objects.values("transfer__number")
        .annotate(open_lines=Count("id", filter=Q(is_open=True)))
        .filter(open_lines=0, transfer__state__in=OPEN_TRANSFERS)
    )
    for row in empty:
        yield Problem(row["transfer__number"], "is open and all its lines are closed")
