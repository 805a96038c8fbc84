from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecourt.kernel import summaries
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import MeasureDelta, MeasureTotal
from forecourt.kernel.summaries import Figure, Measure, Span

TODAY = date(2026, 3, 17)
MEASURE = "test_measure"
days = st.dates(date(2025, 11, 20), TODAY)
additions = st.lists(
    st.tuples(st.integers(1, 3), days, st.integers(-5, 5), st.decimals(-9, 9, places=2)),
    max_size=30,
)


@pytest.fixture(autouse=True)
def _declared() -> Iterator[None]:
    summaries.declare(Measure(MEASURE, "Test", "", list, "organisation.view_store"))
    with time_machine.travel("2026-03-17 04:00:00+00:00"):
        yield
    summaries._measures.pop(MEASURE)


def plain_sum(
    rows: list[tuple[int, date, int, Decimal]], start: date | None, end: date
) -> dict[int, Figure]:
    sums: dict[int, Figure] = {}
    for store_id, day, quantity, amount in rows:
        if (start is None or day >= start) and day <= end:
            sums[store_id] = sums.get(store_id, Figure()) + Figure(quantity, amount)
    return {store: figure for store, figure in sums.items() if figure.quantity or figure.amount}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(folded=additions, fresh=additions, start=st.none() | days, length=st.integers(0, 120))
def test_a_figure_is_the_sum_of_what_was_added_whether_folded_or_not(
    group: GroupIdentity,
    folded: list,
    fresh: list,
    start: date | None,
    length: int,
) -> None:
    MeasureDelta.objects.all().delete()
    MeasureTotal.objects.all().delete()
    end = min(TODAY, (start or date(2025, 11, 20)) + timedelta(days=length))
    for store_id, day, quantity, amount in folded:
        summaries.add(MEASURE, store_id, day, quantity=quantity, amount=amount)
    summaries.fold_deltas(schema_name=group.schema_name)
    assert not MeasureDelta.objects.exists()
    for store_id, day, quantity, amount in fresh:
        summaries.add(MEASURE, store_id, day, quantity=quantity, amount=amount)

    found = summaries.read([Span("k", MEASURE, start, end)])["k"]

    kept = {store: figure for store, figure in found.items() if figure.quantity or figure.amount}
    assert kept == plain_sum(folded + fresh, start, end)
    assert list(summaries._totals_match()) == []


def test_months_are_read_in_one_query(
    group: GroupIdentity, django_assert_num_queries: object
) -> None:
    for month in (1, 2, 3):
        summaries.add(MEASURE, 1, date(2026, month, 3), quantity=month)
    summaries.fold_deltas(schema_name=group.schema_name)

    with django_assert_num_queries(1):
        found = summaries.by_month([MEASURE], start=date(2026, 1, 1), end=TODAY)

    assert {month: figure.quantity for (month, _), figure in found[MEASURE].items()} == {
        date(2026, 1, 1): 1,
        date(2026, 2, 1): 2,
        date(2026, 3, 1): 3,
    }


def test_verify_names_a_figure_that_disagrees_with_its_documents(group: GroupIdentity) -> None:
    summaries.add(MEASURE, 7, TODAY, quantity=2)

    problems = [p for p in summaries._summaries_match() if p.subject.startswith(MEASURE)]

    assert [(p.subject, p.message) for p in problems] == [
        ("test_measure store 7 2026-03-17", "kept figure differs by 2 / 0.00")
    ]
