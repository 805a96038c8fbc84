"""A file of leads through the product: taken in, mapped, checked and written by the worker."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

from infra.bench.figures import Bench, Result

HEADER = "姓名,手机,来源,品牌,车系"
KIND = "crm.lead"
SECONDS_TO_END = 900


def w8_import(bench: Bench) -> Iterator[Result]:
    """From the upload to the last row, as the person waits for it."""
    rows = [
        f"{bench.name()},{bench.phone()},网站,BYD,汉" for _row in range(bench.scale.import_rows)
    ]
    text = "\n".join([HEADER, *rows])
    began = time.perf_counter()
    created = import_file(bench, KIND, text)
    taken = time.perf_counter() - began
    if created != len(rows):
        raise AssertionError(f"{created} of {len(rows)} rows came in")
    began = time.perf_counter()
    _by_sql(bench, rows)
    by_sql = time.perf_counter() - began
    began = time.perf_counter()
    bench.floor.expect(201, "POST", "/import", {"text": text})
    by_django = time.perf_counter() - began
    yield Result("W8", f"import of {len(rows)} leads", taken, "s", by_sql, by_django)


def import_file(bench: Bench, kind: str, text: str) -> int:
    """Upload, map as guessed, check and run; answers how many rows made something new."""
    from forecourt.accounts.models import User
    from forecourt.kernel.actors import actor_again
    from forecourt.kernel.groups import identity_of, inside
    from forecourt.kernel.imports import actions
    from forecourt.kernel.models import ImportRun

    group = identity_of(bench.filled.schema_name)
    assert group is not None
    with inside(group):
        user = User.objects.get(email=bench.filled.email)
        actor = actor_again(user.pk, channel="web")
        run = actions.upload_file(
            kind=kind, name="rows.csv", content=io.BytesIO(text.encode()), actor=actor
        )
        actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
        wait_for(actions.start_check(run_id=run.pk, actor=actor).pk)
        wait_for(actions.start_run(run_id=run.pk, actor=actor).pk)
        return ImportRun.objects.get(pk=run.pk).created_count


def wait_for(job_id: int) -> None:
    from forecourt.kernel.models import Job

    end = time.monotonic() + SECONDS_TO_END
    while (job := Job.objects.get(pk=job_id)).is_open:
        if time.monotonic() > end:
            raise AssertionError("The import does not end.")
        time.sleep(0.05)
    if job.state != Job.State.DONE:
        raise AssertionError(f"The import ended {job.state}: {job.error}")


def _by_sql(bench: Bench, rows: list[str]) -> None:
    """Customer and lead of each row, in one transaction."""
    with bench.sql.transaction(), bench.sql.cursor() as cursor:
        for row in rows:
            name, phone, _source, _brand, _series = row.split(",")
            cursor.execute(
                "WITH made AS (INSERT INTO customer (name, phone) VALUES (%s, %s) RETURNING id) "
                "INSERT INTO lead (customer_id, source, store_id) SELECT id, 'WEB', 1 FROM made",
                [name, f"sql-{phone}"],
            )
