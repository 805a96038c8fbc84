"""Leads as feeds push them, the page of a customer with much behind her, a move on the board."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from infra.bench.client import Client
from infra.bench.figures import Bench, Result
from infra.bench.items.pages import session_of

CLIENTS = 8
ENTRIES = 2_000


def k10_desk(bench: Bench) -> Iterator[Result]:
    """A burst through a feed; a customer with 2,000 entries; a card moved there and back."""
    yield from _burst(bench)
    client = Client(bench.site.port, bench.filled.host, cookies=session_of(bench))
    customer_id, deal_id = _prepared(bench)
    address = f"/crm/customers/{customer_id}/"
    yield _of_pages(
        bench,
        f"a customer with {ENTRIES} entries",
        lambda _number: client.expect(200, "GET", address),
    )
    stages = ("VISITED", "QUOTED")
    move = "/crm/opportunities/board/move/"
    client.expect(200, "GET", "/crm/opportunities/board/")

    def moved(number: int) -> None:
        answer = client.submit(move, {"card": str(deal_id), "lane": stages[number % 2]})
        if answer.status != 200:
            raise AssertionError(f"{move}: {answer.status} {answer.body[:300]!r}")

    yield _of_pages(bench, "a card moved on the board", moved)


def _of_pages(bench: Bench, what: str, work: Callable[[int], object]) -> Result:
    return bench.latency("K10", what, work, None, None)


def _burst(bench: Bench) -> Iterator[Result]:
    from apps.crm.actions import create_feed
    from forecourt.kernel.access import system_actor
    from forecourt.kernel.groups import inside

    with inside(bench.filled.schema_name):
        token = create_feed(name="bench", code="bench", source="WEB", actor=system_actor()).token

    def push(client: Client) -> int:
        body = {"phone": bench.phone(), "name": bench.name(), "brand": "BYD"}
        client.expect(201, "POST", "/api/v1/feeds/bench", body)
        return 1

    clients = [Client(bench.site.port, bench.filled.host, token) for _client in range(CLIENTS)]
    yield bench.latency(
        "K10", "a lead through a feed", lambda _number: push(clients[0]), None, None
    )
    result = bench.rate(
        "K10", f"leads of {CLIENTS} clients", [partial(push, client) for client in clients], []
    )
    yield replace(result, django_floor=None)


def _prepared(bench: Bench) -> tuple[int, int]:
    """A customer with many contacts, and an open deal; their ids."""
    from apps.crm.models import Interaction, Opportunity
    from forecourt.kernel.clock import now
    from forecourt.kernel.groups import inside

    with inside(bench.filled.schema_name):
        deal = Opportunity.objects.filter(stage__in=("NEW", "CONTACTED", "VISITED", "QUOTED"))[0]
        moment = now()
        Interaction.objects.bulk_create(
            Interaction(
                customer_id=deal.customer_id,
                author_id=deal.owner_id,
                store_id=deal.store_id,
                kind="CALL",
                result="REACHED",
                happened_at=moment - timedelta(hours=number),
                recorded_at=moment,
            )
            for number in range(ENTRIES)
        )
        deal.stage = "CONTACTED"
        deal.save(update_fields=["stage"])
    return deal.customer_id, deal.pk
