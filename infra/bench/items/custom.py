"""Two hundred custom fields on the customers: what their list costs, and a filter by one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from infra.bench.client import Client
from infra.bench.figures import Bench, Result, medians_of
from infra.bench.items.pages import session_of

FIELDS = 200
INDEXED = "k1"
PATIENCE_S = 900
LIST = "/crm/customers/"
# Every customer has a value in every field; that of the indexed one is her owner's id.
FILL = """
    UPDATE {schema}.crm_customer c SET custom = (
        SELECT jsonb_object_agg('k' || n, 'value ' || (c.id * n) % 9973)
        FROM generate_series(2, {count}) n
    ) || jsonb_build_object('k1', coalesce(c.owner_id, 0))
"""


def k1_custom_fields(bench: Bench) -> Iterator[Result]:
    """The list before and after; the same rows by a custom field and by a column of their own."""
    browser = Client(bench.site.port, bench.filled.host, cookies=session_of(bench))
    plain = _median(bench, lambda _number: browser.expect(200, "GET", LIST))
    _fill_in(bench)
    yield Result("K1", "keys of a field marked as indexed", _index(bench), "rows/s")
    shown = f"{LIST}?column=name_shown&" + "&".join(f"column=custom_k{n}" for n in range(1, 7))
    for what, path in (("200 custom fields", LIST), ("six of 200 shown", shown)):
        value = _median(bench, lambda _number, path=path: browser.expect(200, "GET", path))
        # Beside it, in the place of the Django floor: the same list before there were any.
        yield Result("K1", f"list of customers, {what}", value, "ms", None, plain)
    owner = _busy_owner(bench)
    by_field = f"custom.{INDEXED}={owner}"
    pairs = {
        "filtered by it, over the API": (
            lambda _n: bench.product.expect(200, "GET", f"/api/v1/customers?{by_field}"),
            lambda _n: bench.product.expect(200, "GET", f"/api/v1/customers?owner_id={owner}"),
        ),
        "filtered by it, the list": (
            lambda _n: browser.expect(
                200, "GET", f"{LIST}?custom_{INDEXED}_from={owner}&custom_{INDEXED}_to={owner}"
            ),
            lambda _n: browser.expect(200, "GET", f"{LIST}?owner={owner}"),
        ),
        "sorted by it, the list": (
            lambda _n: browser.expect(200, "GET", f"{LIST}?sort=custom_{INDEXED}"),
            lambda _n: browser.expect(200, "GET", f"{LIST}?sort=name_shown"),
        ),
    }
    for what, works in pairs.items():
        custom, own = ((median or 0.0) * 1000 for median in medians_of(works, bench.scale.requests))
        # Beside it: the same by a column of the table that has an index.
        yield Result("K1", what, custom, "ms", None, own)


def _median(bench: Bench, work: Any) -> float:
    return (medians_of((work,), bench.scale.requests)[0] or 0.0) * 1000


def _inside(bench: Bench) -> Any:
    from forecourt.kernel.groups import inside

    return inside(bench.filled.schema_name)


def _fill_in(bench: Bench) -> None:
    from forecourt.kernel.access import system_actor
    from forecourt.kernel.custom_fields.actions import add_field
    from forecourt.kernel.models import CustomField

    with _inside(bench):
        for field in CustomField.objects.filter(host="customer"):
            field.delete()
        for number in range(1, FIELDS + 1):
            add_field(
                host="customer",
                code=f"k{number}",
                kind="INTEGER" if number == 1 else "TEXT",
                label_zh=f"字段{number}",
                label_en=f"Field {number}",
                actor=system_actor("bench"),
            )
    with bench.site.superuser() as server:
        server.execute(FILL.format(schema=bench.filled.schema_name, count=FIELDS))
        server.execute(f"VACUUM ANALYZE {bench.filled.schema_name}.crm_customer")


def _index(bench: Bench) -> float:
    """Rows a second that the worker indexes; done when every customer has her key."""
    from forecourt.kernel.access import system_actor
    from forecourt.kernel.custom_fields.actions import change_field
    from forecourt.kernel.models import CustomField, CustomKey

    began = time.perf_counter()
    with _inside(bench):
        field = CustomField.objects.get(host="customer", code=INDEXED)
        change_field(field_id=field.pk, is_indexed=True, actor=system_actor("bench"))
        while CustomField.objects.get(pk=field.pk).index_state != "READY":
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError("The field was not indexed in time.")
            time.sleep(0.2)
        count = CustomKey.objects.filter(field=field).count()
    taken = time.perf_counter() - began
    with bench.site.superuser() as server:
        server.execute(f"ANALYZE {bench.filled.schema_name}.kernel_customkey")
    return count / taken


def _busy_owner(bench: Bench) -> int:
    with bench.site.superuser() as server:
        found = server.execute(
            f"SELECT owner_id FROM {bench.filled.schema_name}.crm_customer "
            "WHERE owner_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        ).fetchone()
    assert found is not None
    return int(found[0])
