"""Segments: how many customers fit conditions, over all of a group's customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.bench.figures import Bench, Result

FEW = {"fact": "crm.lifecycle", "op": "ANY_OF", "values": ["CUSTOMER"]}
MANY_TABLES = (
    {"fact": "crm.open_opportunity", "op": "NO", "values": []},
    {"fact": "marketing.car_age", "op": "AT_LEAST", "values": ["1"]},
    {"fact": "crm.last_contact", "op": "EMPTY", "values": []},
    {"fact": "crm.tag", "op": "EMPTY", "values": []},
)


def k9_segments(bench: Bench) -> Iterator[Result]:
    """Customers counted by one condition, and by four that lie in as many tables."""
    for what, conditions in (("one condition", (FEW,)), ("four tables", MANY_TABLES)):
        body = {"conditions": _conditions(conditions)}
        yield bench.latency(
            "K9",
            f"customers of a segment counted, {what}",
            lambda _number, body=body: bench.product.expect(
                200, "POST", "/api/v1/segments/count", body
            ),
            lambda _number: bench.sql.execute("SELECT count(*) FROM customer").fetchone(),
            None,
        )


def _conditions(asked: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {"match": "ALL", "blocks": [{"match": "ALL", "conditions": list(asked)}]}
