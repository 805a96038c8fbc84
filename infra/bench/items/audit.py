"""The audit log at a million entries: reading it, what writing it costs, and sealing it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from infra.bench.client import Client
from infra.bench.figures import Bench, Result, medians_of

CLIENTS = 8
RECORDS = 20_000
"""How many records the entries are about, so that each has a history of some length."""
FILL = """
    INSERT INTO {schema}.kernel_auditentry (happened_at, actor_id, actor_name, address, device,
        channel, store_id, action, subject_kind, subject_id, subject_label, changes)
    SELECT now() - n * interval '5 seconds', n % 400 + 1, 'person ' || n % 400,
        ('10.0.' || n % 250 || '.' || n % 199)::inet, 'Mozilla/5.0 (X11; Linux x86_64)', 'web',
        n % 50 + 1, (ARRAY['created', 'changed', 'contacted', 'exported'])[n % 4 + 1], 'bench.row',
        (n % {records})::text, 'B' || lpad((n % {records})::text, 6, '0') || ' 客户',
        jsonb_build_object('price', jsonb_build_array(n::text, (n + 1)::text))
    FROM generate_series(1, {entries}) n
"""


def k2_audit_log(bench: Bench) -> Iterator[Result]:
    """History and searches in a long log, what entries add to a write, sealing beside writers."""
    from forecourt.kernel.groups import inside

    entries = bench.scale.audit_entries
    with bench.site.superuser() as server:
        server.execute(
            FILL.format(schema=bench.filled.schema_name, entries=entries, records=RECORDS)
        )
        server.execute(f"ANALYZE {bench.filled.schema_name}.kernel_auditentry")
    with inside(bench.filled.schema_name):
        yield from _reading(bench, entries)
        yield from _writing(bench)
        yield from _sealing(bench)


def _reading(bench: Bench, entries: int) -> Iterator[Result]:
    from forecourt.kernel.models import AuditEntry

    def history(number: int) -> None:
        rows = AuditEntry.objects.filter(subject_kind="bench.row", subject_id=str(number * 37))
        list(rows.order_by("-id")[:200])

    (taken,) = medians_of([history], bench.scale.requests)
    yield Result("K2", f"a record's history among {entries:,} entries", (taken or 0) * 1000, "ms")
    for what, query in (
        ("one record", "kind=bench.row&record_id=4711"),
        ("one person", "actor_id=77"),
        ("a name's beginning", "record=B0047"),
        ("an address", "address=10.0.77.77"),
        ("an action of a store", "action=exported&store_id=7"),
        ("what nothing fits", "action=approved&record=nobody"),
    ):
        yield bench.latency(
            "K2",
            f"the log over the API by {what}",
            lambda _number, query=query: bench.product.expect(200, "GET", f"/api/v1/audit?{query}"),
            None,
            None,
        )


def _writing(bench: Bench) -> Iterator[Result]:
    """What the entries add to taking in a lead, as a share of the whole request."""
    from apps.crm.actions import register_lead
    from forecourt.kernel.access import system_actor

    def register(_number: int) -> None:
        register_lead(
            actor=system_actor("bench"), source="WEB", phone=bench.phone(), name=bench.name()
        )

    def register_unlogged(number: int) -> None:
        with _nothing_logged():
            register(number)

    def request(_number: int) -> None:
        body = {"phone": bench.phone(), "name": bench.name(), "source": "WEB"}
        bench.product.expect(201, "POST", "/api/v1/leads", body)

    logged, unlogged, whole = (
        taken or 0.0
        for taken in medians_of([register, register_unlogged, request], bench.scale.requests)
    )
    yield Result("K2", "what its entries add to a lead", (logged - unlogged) * 1000, "ms")
    yield Result("K2", "… as a share of the request", (logged - unlogged) / whole * 100, "%")


@contextmanager
def _nothing_logged() -> Iterator[None]:
    """The product as if it kept no log: what is measured against, and never anywhere else."""
    from forecourt.kernel import audit

    names = ("append", "record", "record_many")
    kept = {name: getattr(audit, name) for name in names}
    for name in names:
        setattr(audit, name, lambda *_arguments, **_options: None)
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(audit, name, function)


def _sealing(bench: Bench) -> Iterator[Result]:
    from forecourt.kernel import seals

    yield Result("K2", "entries sealed", _seal_all(), "/s")
    alone = _leads_a_second(bench)
    with _sealing_all_the_time(bench.filled.schema_name) as beside:
        together = _leads_a_second(bench)
    yield Result("K2", f"leads of {CLIENTS} clients, nothing sealed", alone, "/s")
    yield Result("K2", f"leads of {CLIENTS} clients, sealed all the time", together, "/s")
    yield Result("K2", "… entries sealed meanwhile", sum(beside), "entries")
    _seal_all()
    began = time.perf_counter()
    found = seals.examine()
    if found.faults or found.unsealed:
        raise AssertionError(f"The log is not as it was sealed: {found.first}, {found.unsealed}")
    rate = found.sealed / (time.perf_counter() - began)
    yield Result("K2", "entries examined by verify", rate, "/s")


def _seal_all() -> float:
    """Seal until nothing is left, the product's own worker beside us; answers entries a second."""
    from forecourt.kernel import seals
    from forecourt.kernel.models import AuditEntry

    began, start = time.perf_counter(), _sealed()
    while _sealed() < AuditEntry.objects.count():
        seals.seal_entries()
    return (_sealed() - start) / (time.perf_counter() - began)


def _sealed() -> int:
    from django.db.models import Sum

    from forecourt.kernel.models import AuditSeal

    return AuditSeal.objects.aggregate(sum=Sum("entry_count"))["sum"] or 0


def _leads_a_second(bench: Bench) -> float:
    def leads(client: Client) -> Callable[[], int]:
        def one() -> int:
            body = {"phone": bench.phone(), "name": bench.name(), "source": "WEB"}
            client.expect(201, "POST", "/api/v1/leads", body)
            return 1

        return one

    workers = [leads(bench.product.again()) for _number in range(CLIENTS)]
    return bench.rate("K2", "", workers, []).value


@contextmanager
def _sealing_all_the_time(schema_name: str) -> Iterator[list[int]]:
    """A thread that seals without a pause, far more often than the worker's once a minute."""
    from django.db import connections

    from forecourt.kernel import seals
    from forecourt.kernel.groups import inside

    done = threading.Event()
    sealed: list[int] = []

    def work() -> None:
        with inside(schema_name):
            while not done.wait(0.05):
                sealed.append(seals.seal_entries())
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield sealed
    finally:
        done.set()
        thread.join()
