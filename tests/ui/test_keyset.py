"""Keyset paging against what sorting and counting offsets would give, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.db.models import ExpressionWrapper, F, IntegerField
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecourt.kernel.keyset import BadCursor, Page, bounded_count, paginate
from forecourt.kernel.models import Job

START = datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)

# Few values, so that ties and NULLs are the rule.
small = st.integers(min_value=0, max_value=2)
maybe_small = st.none() | small
rows_strategy = st.lists(
    st.tuples(small, maybe_small, maybe_small, st.sampled_from("abC车")), max_size=24
)
column = st.sampled_from(["done_count", "actor_id", "finished_at", "kind", "created_at"])
ordering_strategy = st.lists(
    st.tuples(column, st.booleans()), min_size=1, max_size=3, unique_by=lambda term: term[0]
).map(lambda terms: [f"{'-' if descending else ''}{name}" for name, descending in terms])


def make_jobs(rows: list[tuple[int, int | None, int | None, str]]) -> None:
    Job.objects.bulk_create(
        [
            Job(
                kind=kind,
                done_count=done,
                actor_id=owner,
                actor_name="",
                created_at=START + timedelta(microseconds=done),
                finished_at=None if ended is None else START + timedelta(days=ended),
            )
            for done, owner, ended, kind in rows
        ]
    )


def by_offset(ordering: list[str]) -> list[int]:
    key = "-id" if ordering[0].startswith("-") else "id"
    return list(Job.objects.order_by(*ordering, key).values_list("pk", flat=True))


def ids(page: Page[Job]) -> list[int]:
    return [row.pk for row in page.rows]


def walk_forward(ordering: list[str], size: int) -> list[Page[Job]]:
    pages = [paginate(Job.objects.all(), ordering, size=size)]
    while pages[-1].next:
        pages.append(paginate(Job.objects.all(), ordering, pages[-1].next, size, "after"))
    return pages


@given(rows=rows_strategy, ordering=ordering_strategy, size=st.integers(1, 7))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_pages_are_those_of_offsets_with_ties_and_nulls(group, rows, ordering, size) -> None:
    with transaction.atomic():
        make_jobs(rows)
        wanted = by_offset(ordering)

        pages = walk_forward(ordering, size)

        assert [pk for page in pages for pk in ids(page)] == wanted
        assert all(len(page.rows) == size for page in pages[:-1])
        assert pages[0].previous is None
        assert pages[-1].next is None
        transaction.set_rollback(True)


@given(rows=rows_strategy, ordering=ordering_strategy, size=st.integers(1, 7))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_going_back_shows_the_pages_that_were_left(group, rows, ordering, size) -> None:
    with transaction.atomic():
        make_jobs(rows)
        pages = walk_forward(ordering, size)

        for left, here in pairwise(pages):
            back = paginate(Job.objects.all(), ordering, here.previous, size, "before")

            assert ids(back) == ids(left)
        transaction.set_rollback(True)


def test_the_first_page_comes_whole_when_going_back_reaches_it(group) -> None:
    make_jobs([(number, None, None, "a") for number in range(5)])
    second = paginate(Job.objects.all(), ["done_count"], size=3)
    here = paginate(Job.objects.all(), ["done_count"], second.next, 3, "after")
    Job.objects.filter(done_count=1).delete()

    back = paginate(Job.objects.all(), ["done_count"], here.previous, 3, "before")

    assert [row.done_count for row in back.rows] == [0, 2, 3]
    assert back.previous is None


def test_a_row_added_before_the_cursor_moves_nothing(group) -> None:
    make_jobs([(number * 2, None, None, "a") for number in range(6)])
    first = paginate(Job.objects.all(), ["done_count"], size=3)
    make_jobs([(1, None, None, "a")])

    second = paginate(Job.objects.all(), ["done_count"], first.next, 3, "after")

    assert [row.done_count for row in second.rows] == [6, 8, 10]


def test_an_annotation_may_order_the_rows(group) -> None:
    make_jobs([(number % 3, None, None, "a") for number in range(7)])
    rows = Job.objects.annotate(
        turned=ExpressionWrapper(10 - F("done_count"), output_field=IntegerField())
    )

    first = paginate(rows, ["turned"], size=4)
    second = paginate(rows, ["turned"], first.next, 4, "after")

    assert [row.done_count for row in [*first.rows, *second.rows]] == [2, 2, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("ordering", [["done_count"], ["-kind"], ["kind", "done_count"]])
def test_a_page_is_one_comparison_of_rows_that_an_index_answers(group, ordering) -> None:
    make_jobs([(number, None, None, "a") for number in range(30)])
    first = paginate(Job.objects.all(), ordering, size=10)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        paginate(Job.objects.all(), ordering, first.next, 10, "after")

    assert len(queries) == 1
    columns = ", ".join(f'"kernel_job"."{term.lstrip("-")}"' for term in [*ordering, "id"])
    sign = "<" if ordering[0].startswith("-") else ">"
    assert f"({columns}) {sign} (" in queries[0]["sql"]
    assert "OFFSET" not in queries[0]["sql"]


def test_a_cursor_of_another_sort_is_refused(group) -> None:
    make_jobs([(number, None, None, "a") for number in range(5)])
    cursor = paginate(Job.objects.all(), ["done_count"], size=2).next

    with pytest.raises(BadCursor):
        paginate(Job.objects.all(), ["kind"], cursor, 2, "after")


@pytest.mark.parametrize("cursor", ["", "x", "WzFd:abc", "..", "\x00", "中文", "a" * 5000])
def test_a_cursor_that_was_made_up_is_refused(group, cursor) -> None:
    with pytest.raises(BadCursor):
        paginate(Job.objects.all(), ["done_count"], cursor, 2, "after")


def test_an_altered_cursor_is_refused(group) -> None:
    make_jobs([(number, None, None, "a") for number in range(5)])
    cursor = paginate(Job.objects.all(), ["done_count"], size=2).next
    assert cursor is not None

    with pytest.raises(BadCursor):
        paginate(Job.objects.all(), ["done_count"], cursor[:-1] + "_", 2, "after")


def test_counting_stops_at_the_cap(group) -> None:
    make_jobs([(number, None, None, "a") for number in range(6)])

    assert bounded_count(Job.objects.all(), 10) == (6, False)
    assert bounded_count(Job.objects.all(), 6) == (6, False)
    assert bounded_count(Job.objects.all(), 5) == (5, True)
