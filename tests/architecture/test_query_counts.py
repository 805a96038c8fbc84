"""A list asks the database a few times, and as often for many rows as for few."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from tests.factories.organisation import actor_of
from tests.hostile.conftest import Visitor, make_person
from tests.hostile.routes import Route
from tests.hostile.rows import make_place
from tests.hostile.test_lists import LISTS, queryset_of
from tests.hostile.walk import portions, row_for, undone

FEW, MANY = 2, 6
MOST_QUERIES = 12
OF_OTHERS = {
    **dict.fromkeys(
        ("approvals:decided_list", "approvals:submitted_list", "approvals:waiting_list"),
        "what a person decided, asked for or has to decide herself",
    ),
    "crm:pool_list": "customers whom nobody looks after",
    "crm:waiting_lead_list": "leads that nobody has",
    "notifications:inbox": "what somebody was told herself",
    "ui:gallery_list": "the same for everybody",
}
"""Lists that do not hold the rows that are made here: they are asked with none."""


@pytest.mark.parametrize("walk", portions(LISTS))
def test_more_rows_take_no_more_queries(group: Any, subtests: Any, walk: list[Route]) -> None:
    owner = make_person(None, "GROUP")
    visitor = Visitor(group, owner)

    for route in walk:
        with subtests.test(str(route)), undone():
            address = route.address({})
            model = queryset_of(route, actor_of(owner)).model
            _make(model, FEW)
            few, shown = _queries_of(address, visitor), queryset_of(route, actor_of(owner)).count()
            _make(model, MANY - FEW)
            many = _queries_of(address, visitor)

            assert len(many) <= min(len(few), MOST_QUERIES), "\n".join(many)
            grew = queryset_of(route, actor_of(owner)).count() > shown
            assert grew is (route.name not in OF_OTHERS)


def _make(model: type[Model], count: int) -> None:
    """Rows of different stores and people."""
    for _row in range(count):
        row, _reach = row_for(model, make_place())
        assert row is not None


def _queries_of(address: str, visitor: Visitor) -> list[str]:
    """What a list asks once everything is remembered that is."""
    home = connection.tenant
    visitor.client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = visitor.client.get(address)
    connection.set_tenant(home)
    assert answer.status_code == 200
    return [query["sql"] for query in asked.captured_queries]
