"""An export holds a few rows at a time, however long the list is."""

import tracemalloc
from tempfile import TemporaryFile

import pytest
from django.http import QueryDict

from forecourt.kernel.clock import now
from forecourt.kernel.models import Job
from forecourt.ui.lists import export, exports
from tests.factories.organisation import actor_of

FEW, MANY = 1_000, 10_000
MEGABYTE = 1024 * 1024


def peak_of(actor, kind: str) -> int:
    """The most memory that Python held while the list was written, in bytes."""
    page = exports.page_for("test.jobs", QueryDict("sort=kind"), actor)
    tracemalloc.start()
    try:
        with TemporaryFile() as file:
            export.WRITERS[kind](file, page.export_head(), page.export_rows())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_ten_times_the_rows_take_no_more_memory(owner, kind):
    actor = actor_of(owner)

    def add(count: int) -> None:
        Job.objects.bulk_create(
            [
                Job(
                    kind=f"kind {number % 97}",
                    params={"note": "x" * 200},
                    actor_id=owner.pk,
                    actor_name=owner.name,
                    created_at=now(),
                )
                for number in range(count)
            ],
            batch_size=2000,
        )

    add(FEW)
    before = peak_of(actor, kind)
    add(MANY - FEW)

    assert peak_of(actor, kind) < before + 4 * MEGABYTE


def test_a_hundred_thousand_rows_are_written_in_constant_memory():
    rows = ([f"VIN{number}", number, None, "=1+1"] for number in range(100_000))
    tracemalloc.start()
    with TemporaryFile() as file:
        export.write_csv(file, ["VIN", "n", "", "f"], rows)
        size = file.tell()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 2 * MEGABYTE
    assert peak < MEGABYTE
