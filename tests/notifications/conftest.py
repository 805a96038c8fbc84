from collections.abc import Iterator

import pytest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from apps.notifications import registry
from apps.notifications.registry import Event, declare
from tests.kernel.test_tasks import broker, worker  # noqa: F401 - fixtures


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages in the source language, whatever catalogues are compiled."""
    with override("en"):
        yield


@pytest.fixture
def tea() -> Iterator[Event]:
    """An event of the tests' own."""
    yield declare(
        Event(
            code="testing.tea",
            label=_("Tea"),
            receivers=_("Who drinks it"),
            title="Tea for {guest}",
            title_many="{count} teas",
            body="{cups} cups at {when} in {store}",
            placeholders={"guest": "Guest", "cups": "Cups", "when": "When", "store": "Store"},
            link="organisation:staff_detail",
            is_groupable=True,
        )
    )
    registry._events.pop("testing.tea")
