"""The search for customers who may be one person, over all that the group has."""

from __future__ import annotations

import time
from collections.abc import Iterator

from infra.bench.figures import Bench, Result


def k8_duplicates(bench: Bench) -> Iterator[Result]:
    """As the nightly job does it, in one process."""
    from django.db import connection

    from apps.crm.actions import find_duplicates
    from forecourt.kernel.groups import inside

    with inside(bench.filled.schema_name):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM crm_customer")
            (count,) = cursor.fetchone()
        begun = time.perf_counter()
        find_duplicates()
        seconds = time.perf_counter() - begun
    yield Result("K8", f"duplicates among {count:,} customers", seconds, "s")
