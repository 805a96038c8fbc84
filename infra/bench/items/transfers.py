"""Vehicles between stores: the whole path of one, and eight who fight for the same few."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.bench.client import Client
from infra.bench.figures import Bench, Result

CLIENTS, FOUGHT_FOR = 8, 12
STEPS = ("approve", "dispatch", "receive")
FLOOR_STEPS = ("APPROVED", "IN_TRANSIT", "RECEIVED")
UNITS = 200


@dataclass
class Transfers:
    """Both sides' ways to send a vehicle from where it stands to another store."""

    store_of: dict[str, str]
    stores: list[str]

    def through(self, client: Client, unit_id: str) -> int:
        """Request to receipt; 0 when somebody else has the vehicle just now."""
        target = next(store for store in self.stores if store != self.store_of[unit_id])
        asked = client.send(
            "POST",
            "/api/v1/transfers",
            {"stock_unit_ids": [unit_id], "to_store_id": target, "reason": "BALANCING"},
        )
        if asked.status != 201:
            return 0
        for step in STEPS:
            client.expect(200, "POST", f"/api/v1/transfers/{asked.json['id']}/{step}", {})
        self.store_of[unit_id] = target
        return 1


def through_floor(client: Client, unit: int) -> int:
    asked = client.send("POST", "/transfers", {"unit": unit, "to_store": 2})
    if asked.status != 201:
        return 0
    for state in FLOOR_STEPS:
        client.expect(200, "POST", f"/transfers/{asked.json['id']}", {"state": state})
    return 1


def w9_transfers(bench: Bench) -> Iterator[Result]:
    """Request, approval, dispatch, receipt; then the fight, in which no vehicle may get lost."""
    found = bench.product.expect(
        200, "GET", f"/api/v1/stock-units?state=IN_STOCK&limit={UNITS}"
    ).json["data"]
    store_of = {str(unit["id"]): str(unit["store_id"]) for unit in found}
    transfers = Transfers(store_of, [str(store) for store in bench.filled.store_ids])
    ids = list(store_of)
    floor_ids = [
        row[0]
        for row in bench.sql.execute(
            "SELECT id FROM unit WHERE state = 'IN_STOCK' LIMIT %s", [UNITS]
        ).fetchall()
    ]
    before = _stock(bench)
    yield bench.latency(
        "W9",
        "a transfer, request to receipt",
        lambda number: transfers.through(bench.product, ids[number % len(ids)]),
        lambda number: _through_sql(bench, floor_ids[number % len(floor_ids)]),
        lambda number: through_floor(bench.floor, floor_ids[number % len(floor_ids)]),
    )

    def fight(client: Client, seed: int) -> Callable[[], int]:
        dice = random.Random(seed)
        return lambda: transfers.through(client, dice.choice(ids[:FOUGHT_FOR]))

    def fight_floor(client: Client, seed: int) -> Callable[[], int]:
        dice = random.Random(seed)
        return lambda: through_floor(client, dice.choice(floor_ids[:FOUGHT_FOR]))

    yield bench.rate(
        "W9",
        f"transfers of {CLIENTS} clients fighting for {FOUGHT_FOR} vehicles",
        [fight(bench.product.again(), number) for number in range(CLIENTS)],
        [fight_floor(bench.floor.again(), number) for number in range(CLIENTS)],
    )
    if (after := _stock(bench)) != before:
        raise AssertionError(f"Vehicles were lost, doubled or left behind: {before} {after}")


def _through_sql(bench: Bench, unit: int) -> None:
    with bench.sql.transaction():
        bench.sql.execute("SELECT id FROM unit WHERE id = %s FOR UPDATE", [unit])
        row = bench.sql.execute(
            "INSERT INTO transfer (unit_id, from_store_id, to_store_id, state, is_open) "
            "VALUES (%s, 1, 2, 'REQUESTED', true) RETURNING id",
            [unit],
        ).fetchone()
    assert row is not None
    for state in FLOOR_STEPS:
        with bench.sql.transaction():
            bench.sql.execute("SELECT id FROM transfer WHERE id = %s FOR UPDATE", row)
            bench.sql.execute(
                "UPDATE transfer SET state = %s, is_open = %s WHERE id = %s",
                [state, state != "RECEIVED", *row],
            )
            if state != "APPROVED":
                bench.sql.execute("UPDATE unit SET state = %s WHERE id = %s", [state, unit])
                bench.sql.execute(
                    "INSERT INTO movement (unit_id, kind) VALUES (%s, %s)", [unit, state]
                )


def _stock(bench: Bench) -> tuple[int, ...]:
    """What a lost or doubled vehicle would change: units, vehicles held, and the open lines."""
    schema = bench.filled.schema_name
    with bench.site.superuser() as server:
        row = server.execute(
            f"""SELECT count(*), count(DISTINCT vehicle_id),
                    count(*) FILTER (WHERE state IN ('IN_STOCK', 'RESERVED')),
                    count(*) FILTER (WHERE state = 'ON_TRANSFER'),
                    (SELECT count(*) FROM {schema}.vehicles_transferline WHERE is_open)
                FROM {schema}.vehicles_stockunit"""
        ).fetchone()
    assert row is not None
    return tuple(row)
