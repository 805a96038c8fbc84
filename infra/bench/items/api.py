"""Over the API: leads in, the list of vehicles, the search for customers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

from infra.bench.client import Client
from infra.bench.figures import Bench, Result
from infra.bench.fill import BRANDS

CLIENTS = 8
PAGE, LARGEST_PAGE = 50, 200
FAR = 1000
STATE = "DELIVERED"
SAMPLE = 500


def w2_leads(bench: Bench) -> Iterator[Result]:
    """A lead of somebody new: customer found or made, assigned, on the record."""

    brands = itertools.cycle(BRANDS)

    def post(client: Client) -> int:
        body = {
            "phone": bench.phone(),
            "name": bench.name(),
            "source": "WEB",
            # Who asks for one brand stands in one line; channels bring leads of all of them.
            "brand": next(brands),
        }
        client.expect(201, "POST", "/api/v1/leads", body)
        return 1

    def sql(_number: int) -> None:
        phone = bench.phone()
        with bench.sql.transaction():
            found = bench.sql.execute(
                "SELECT id FROM customer WHERE phone = %s", [phone]
            ).fetchone() or _row(
                bench,
                "INSERT INTO customer (name, phone) VALUES (%s, %s) RETURNING id",
                [bench.name(), phone],
            )
            bench.sql.execute(
                "INSERT INTO lead (customer_id, source, store_id) VALUES (%s, 'WEB', 1)", found
            )

    def floor(client: Client) -> int:
        body = {"phone": bench.phone(), "name": bench.name(), "source": "WEB", "store_id": 1}
        client.expect(201, "POST", "/lead", body)
        return 1

    yield bench.latency(
        "W2",
        "a lead over the API",
        lambda _number: post(bench.product),
        sql,
        lambda _number: floor(bench.floor),
    )
    yield bench.rate(
        "W2",
        f"leads of {CLIENTS} clients",
        [partial(post, bench.product.again()) for _client in range(CLIENTS)],
        [partial(floor, bench.floor.again()) for _client in range(CLIENTS)],
    )


def w3_list(bench: Bench) -> Iterator[Result]:
    """All delivered vehicles by price, 50 a page: the first and the thousandth page."""
    total = _row(bench, "SELECT count(*) FROM unit WHERE state = %s", [STATE])[0]
    far = min(FAR, max(total // PAGE, 1)) - 1
    for name, address, offset in (
        ("first page of vehicles", _page(PAGE), 0),
        (f"page {far + 1} of vehicles", _address_after(bench, far * PAGE), far * PAGE),
    ):
        after = _row(
            bench,
            "SELECT list_price, id FROM unit WHERE state = %s "
            "ORDER BY list_price, id OFFSET %s LIMIT 1",
            [STATE, offset],
        )
        yield bench.latency(
            "W3",
            name,
            lambda _number, path=address: bench.product.expect(200, "GET", path),
            _page_by_sql(bench, after),
            lambda _number, offset=offset: bench.floor.expect(
                200, "GET", f"/units?state={STATE}&offset={offset}"
            ),
        )


def _page(size: int, after: str = "") -> str:
    query = {"state": STATE, "ordering": "list_price", "limit": size}
    return "/api/v1/stock-units?" + urlencode({**query, "after": after} if after else query)


def _address_after(bench: Bench, count: int) -> str:
    """The page that begins behind so many rows, reached by the links of those before it."""
    large, small = divmod(count, LARGEST_PAGE)
    cursor = ""
    for size in [LARGEST_PAGE] * large + [PAGE] * (small // PAGE):
        links = bench.product.expect(200, "GET", _page(size, cursor)).json["links"]
        cursor = _after_of(links["next"])
    return _page(PAGE, cursor)


def _after_of(address: str) -> str:
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(address).query)["after"][0]


def _page_by_sql(bench: Bench, first: tuple[Any, ...]) -> Callable[[int], object]:
    query = (
        "SELECT u.*, v.*, s.*, b.*, m.* FROM unit u JOIN vehicle v ON v.id = u.vehicle_id "
        "JOIN series s ON s.id = v.series_id JOIN brand b ON b.id = s.brand_id "
        "LEFT JOIN model m ON m.id = v.model_id WHERE u.state = %s "
        "AND (u.list_price, u.id) >= (%s, %s) ORDER BY u.list_price, u.id LIMIT 50"
    )
    return lambda _number: bench.sql.execute(query, [STATE, *first]).fetchall()


def w4_search(bench: Bench) -> Iterator[Result]:
    """Customers by two characters of a name, and by the last eight digits of a phone."""
    from forecourt.kernel.text import query_grams

    rows = bench.sql.execute(
        "SELECT name, phone FROM customer WHERE phone <> '' AND length(name) > 1 LIMIT %s",
        [SAMPLE],
    ).fetchall()
    for what, queries in (
        ("customers by two characters", [name[:2] for name, _phone in rows]),
        ("customers by part of a phone", [phone[-8:] for _name, phone in rows]),
    ):

        def query(number: int, queries: list[str] = queries) -> str:
            return queries[number % len(queries)]

        yield bench.latency(
            "W4",
            what,
            lambda number, query=query: bench.product.expect(
                200, "GET", "/api/v1/customers?" + urlencode({"q": query(number)})
            ),
            lambda number, query=query: bench.sql.execute(
                "SELECT * FROM customer WHERE grams @> %s ORDER BY id DESC LIMIT 50",
                [query_grams(query(number))],
            ).fetchall(),
            lambda number, query=query: bench.floor.expect(
                200, "GET", "/customers?" + urlencode({"gram": query_grams(query(number))}, True)
            ),
        )


def _row(bench: Bench, query: str, values: list[Any]) -> tuple[Any, ...]:
    row = bench.sql.execute(query, values).fetchone()
    assert row is not None
    return row
