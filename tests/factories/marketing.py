"""Segments for tests."""

from typing import Any

from apps.marketing.actions import save_segment
from apps.marketing.models import Segment
from forecourt.kernel.access import Actor, system_actor


def conditions(*asked: tuple[str, str, list[Any]], match: str = "ALL") -> dict[str, Any]:
    """One block of conditions as they are kept: ``(fact, operator, values)`` each."""
    return {
        "match": "ALL",
        "blocks": [
            {
                "match": match,
                "conditions": [
                    {"fact": fact, "op": op, "values": [str(value) for value in values]}
                    for fact, op, values in asked
                ],
            }
        ],
    }


def make_segment(
    *asked: tuple[str, str, list[Any]],
    name: str = "segment",
    match: str = "ALL",
    actor: Actor | None = None,
    **fields: Any,
) -> Segment:
    return save_segment(
        name=name,
        conditions=conditions(*asked, match=match) if asked else {},
        actor=actor or system_actor(),
        **fields,
    )
