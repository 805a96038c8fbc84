"""A list asks the database a few times, and as often for many rows as for few."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories.organisation import actor_of
from tests.hostile.conftest import Visitor, make_person
from tests.hostile.routes import Route
from tests.hostile.rows import make_place
from tests.hostile.test_lists import LISTS, queryset_of
from tests.hostile.walk import portions, row_for, undone

FEW, MANY = 2, 6
MOST_QUERIES = 12


@pytest.mark.parametrize("walk", portions(LISTS))
def test_more_rows_take_no_more_queries(group: Any, subtests: Any, walk: list[Route]) -> None:
    owner = make_person(None, "GROUP")
    visitor = Visitor(group, owner)

    for route in walk:
        with subtests.test(str(route)), undone():
            address = route.address({})
            model = queryset_of(route, actor_of(owner)).model
            for _row in range(FEW):
                row_for(model, make_place())
            few = _queries_of(address, visitor)
            for _row in range(MANY - FEW):
                row_for(model, make_place())
            many = _queries_of(address, visitor)

            assert len(many) <= min(len(few), MOST_QUERIES), "\n".join(many)


def _queries_of(address: str, visitor: Visitor) -> list[str]:
    """What a list asks once everything is remembered that is."""
    home = connection.tenant
    visitor.client.get(address)
    with CaptureQueriesContext(connection) as asked:
        answer = visitor.client.get(address)
    connection.set_tenant(home)
    assert answer.status_code == 200
    return [query["sql"] for query in asked.captured_queries]
