"""Many threads fight for the same vehicles: exactly one wins, and nothing is lost or doubled."""

import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

from django.conf import settings
from django.db import connections

from apps.vehicles.actions import (
    approve_transfer,
    cancel_transfer,
    receive_unit,
    request_transfer,
    reserve_unit,
    sell_unit,
)
from apps.vehicles.models import StockUnit, TransferLine, VehicleTransfer
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import DomainError
from forecourt.kernel.groups import GroupIdentity, inside
from tests.factories.organisation import make_store
from tests.factories.vehicles import make_transfer, make_unit

SYSTEM = system_actor("test")
THREADS = 50


def fight(group: GroupIdentity, attempts: list[Callable[[], object]]) -> list[object]:
    """Let all attempts begin at the same moment; answers what each returned or refused with."""
    start = Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> object:
        try:
            with inside(group):
                start.wait(timeout=60)
                return attempt()
        except DomainError as refusal:
            return refusal
        finally:
            for connection in connections.all():
                connection.close()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def winners(outcomes: list[object]) -> list[object]:
    return [outcome for outcome in outcomes if not isinstance(outcome, DomainError)]


def assert_losers_got_409(outcomes: list[object]) -> None:
    losers = [outcome for outcome in outcomes if isinstance(outcome, DomainError)]
    assert {loser.status for loser in losers} <= {409}
    assert all(len(loser.message) > 10 for loser in losers)


def assert_consistent() -> None:
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def test_of_fifty_who_reserve_exactly_one_wins(live_group: GroupIdentity) -> None:
    unit = make_unit()

    outcomes = fight(
        live_group,
        [
            lambda n=n: reserve_unit(
                stock_unit_id=unit.pk, customer_name=f"customer {n}", actor=SYSTEM
            )
            for n in range(THREADS)
        ],
    )

    (winner,) = winners(outcomes)
    assert_losers_got_409(outcomes)
    unit.refresh_from_db()
    assert (unit.state, unit.reserved_for) == ("RESERVED", winner.reserved_for)
    assert unit.movements.count() == 2
    assert_consistent()


def test_of_fifty_who_ask_for_a_transfer_exactly_one_wins(live_group: GroupIdentity) -> None:
    unit, stores = make_unit(), [make_store() for _ in range(5)]

    outcomes = fight(
        live_group,
        [
            lambda n=n: request_transfer(
                stock_unit_ids=[unit.pk],
                to_store_id=stores[n % 5].pk,
                reason="BALANCING",
                actor=SYSTEM,
            )
            for n in range(THREADS)
        ],
    )

    (winner,) = winners(outcomes)
    assert_losers_got_409(outcomes)
    assert any(winner.number in loser.message for loser in outcomes if loser is not winner)
    assert TransferLine.objects.filter(is_open=True).count() == 1
    assert VehicleTransfer.objects.count() == 1
    assert_consistent()


def test_of_fifty_who_reserve_sell_or_send_one_takes_the_vehicle(live_group: GroupIdentity) -> None:
    unit, receiver = make_unit(), make_store()
    transfer = make_transfer(unit, to_store=receiver)
    ways: list[Callable[[], object]] = [
        lambda: reserve_unit(stock_unit_id=unit.pk, customer_name="李雷", actor=SYSTEM),
        lambda: sell_unit(
            stock_unit_id=unit.pk, price=Decimal(1), customer_name="王芳", actor=SYSTEM
        ),
        lambda: approve_transfer(transfer_id=transfer.pk, actor=SYSTEM),
    ]

    outcomes = fight(live_group, [ways[n % 3] for n in range(THREADS)])

    assert len(winners(outcomes)) == 1
    assert_losers_got_409(outcomes)
    unit.refresh_from_db()
    assert unit.state in {"RESERVED", "SOLD", "ON_TRANSFER"}
    assert unit.movements.count() == 2
    assert_consistent()


def test_transfers_of_overlapping_vehicles_neither_deadlock_nor_double(
    live_group: GroupIdentity,
) -> None:
    sender, receiver = make_store(), make_store()
    units = [make_unit(sender) for _ in range(6)]
    chooser = random.Random(4)

    def attempt(choice: list[int]) -> Callable[[], object]:
        def run() -> object:
            transfer = request_transfer(
                stock_unit_ids=choice, to_store_id=receiver.pk, reason="DISPLAY", actor=SYSTEM
            )
            approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
            return cancel_transfer(transfer_id=transfer.pk, actor=SYSTEM)

        return run

    picks = [chooser.sample([unit.pk for unit in units], 3) for _ in range(THREADS)]
    outcomes = fight(live_group, [attempt(pick) for pick in picks])

    assert winners(outcomes)
    assert_losers_got_409(outcomes)
    assert set(StockUnit.objects.values_list("state", flat=True)) == {"IN_STOCK"}
    assert not TransferLine.objects.filter(is_open=True).exists()
    assert_consistent()


def test_of_twenty_who_take_the_same_vin_into_stock_one_wins(live_group: GroupIdentity) -> None:
    first = make_unit()
    details_of = {"vin": "LSVAA4L93RN900017", "series_id": first.series_id}
    from apps.vehicles.actions import VehicleDetails
    from apps.vehicles.rules import make_vin

    details_of["vin"] = make_vin(wmi="LSV", vds="AA4L9", year=2024, plant="N", serial=900017)

    outcomes = fight(
        live_group,
        [
            lambda: receive_unit(
                store_id=first.store_id, vehicle=VehicleDetails(**details_of), actor=SYSTEM
            )
            for _ in range(20)
        ],
    )

    assert len(winners(outcomes)) == 1
    assert_losers_got_409(outcomes)
    assert StockUnit.objects.count() == 2
    assert_consistent()


WORK = """
    import os, random, sys
    os.environ["DJANGO_SETTINGS_MODULE"] = "forecourt.config.settings.test"
    import django
    from django.conf import settings
    django.setup()
    from django.db import connections
    schema, group_database, control_database, seed = sys.argv[1:]
    for alias in connections:
        name = control_database if alias.startswith("control") else group_database
        connections[alias].settings_dict["NAME"] = name
    from apps.organisation.models import Store
    from apps.vehicles import actions
    from apps.vehicles.models import StockUnit, VehicleTransfer
    from forecourt.kernel.access import system_actor
    from forecourt.kernel.errors import DomainError
    from forecourt.kernel.groups import inside
    actor, chance = system_actor("worker"), random.Random(int(seed))
    with inside(schema):
        units = list(StockUnit.objects.values_list("pk", flat=True))
        stores = list(Store.objects.values_list("pk", flat=True))
        print("ready", flush=True)
        while True:
            unit = chance.choice(units)
            under_way = VehicleTransfer.objects.filter(closed_at=None)
            transfer = chance.choice(list(under_way.values_list("pk", flat=True)) or [0])
            step = chance.choice([
                lambda: actions.reserve_unit(stock_unit_id=unit, customer_name="x", actor=actor),
                lambda: actions.release_unit(stock_unit_id=unit, actor=actor),
                lambda: actions.request_transfer(
                    stock_unit_ids=chance.sample(units, 2), to_store_id=chance.choice(stores),
                    reason="BALANCING", actor=actor),
                lambda: actions.approve_transfer(transfer_id=transfer, actor=actor),
                lambda: actions.dispatch_transfer(transfer_id=transfer, actor=actor),
                lambda: actions.receive_transfer(transfer_id=transfer, actor=actor),
                lambda: actions.refuse_transfer(transfer_id=transfer, reason="no", actor=actor),
                lambda: actions.cancel_transfer(transfer_id=transfer, actor=actor),
            ])
            try:
                step()
            except DomainError:
                pass
"""


def test_killed_at_any_moment_the_stock_stays_right_and_work_goes_on(
    live_group: GroupIdentity, tmp_path: Path
) -> None:
    stores = [make_store() for _ in range(3)]
    units = [make_unit(stores[n % 3]) for n in range(9)]
    script = tmp_path / "work.py"
    script.write_text(textwrap.dedent(WORK))
    names = [settings.DATABASES[alias]["NAME"] for alias in ("default", "control")]

    def worker(seed: int) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, str(script), live_group.schema_name, *names, str(seed)],
            stdout=subprocess.PIPE,
            text=True,
        )

    workers = [worker(seed) for seed in range(3)]
    for process in workers:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    before = sum(StockUnit.objects.values_list("movement_count", flat=True))
    time.sleep(1.5)
    for process in workers:
        process.send_signal(signal.SIGKILL)
        process.wait()

    after = sum(StockUnit.objects.values_list("movement_count", flat=True))
    assert after > before
    assert StockUnit.objects.count() == len(units)
    assert_consistent()
    for transfer in VehicleTransfer.objects.filter(state__in=["REQUESTED", "APPROVED"]):
        cancel_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    assert_consistent()
