"""Fills a group of fifty stores, and the floor's tables with the same rows."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from infra.bench.site import FLOOR_DATABASE, Site

SLUG = "bench"
REGIONS = 5
BRANDS = ("BYD", "Volkswagen", "Toyota", "BMW", "Geely", "Changan")
FLOOR_TABLES = Path(__file__).parent / "floor" / "tables.sql"
COUNTED = ("crm_customer", "crm_lead", "vehicles_stockunit", "sales_salesorder")
# What the floor has of the product's rows, column by column in the order of its tables.
COPIED = {
    "brand": "id, name_zh, name_en FROM vehicles_brand",
    "series": "id, brand_id, name_zh, name_en FROM vehicles_series",
    "model": "id, name_zh, name_en, model_year FROM vehicles_vehiclemodel",
    "vehicle": """id, vin, reference, series_id, model_id, model_year, exterior_colour,
        interior_colour, production_date, origin, condition, mileage FROM vehicles_vehicle""",
    "unit": """id, stock_number, vehicle_id, state, store_id, destination_store_id, location,
        stocked_in_date, left_date, cost, list_price, reserved_at, reserved_by_id, reserved_for,
        reserved_customer_id, reserved_order, reserved_until, sold_date
        FROM vehicles_stockunit""",
    "customer": """id, kind, name, primary_phone, gender, birth_date, wechat, email, division_code,
        address, source, lifecycle, consents, note, owner_id, home_store_id, created_at, grams
        FROM crm_customer""",
}


@dataclass(frozen=True)
class Scale:
    """How much there is, and how long is measured."""

    stores: int
    months: int
    sales_a_month: float
    stock: float
    leads_a_month: float
    deals_with_papers: int
    requests: int
    seconds: float
    groups: int
    sign_ups: int
    import_rows: int
    audit_entries: int
    documents: int
    upload_megabytes: int
    first_loads: int
    warm_requests: int


FULL = Scale(
    stores=50,
    months=18,
    sales_a_month=100,
    stock=200,
    leads_a_month=12,
    deals_with_papers=24,
    requests=200,
    seconds=10,
    groups=200,
    sign_ups=5,
    import_rows=10_000,
    audit_entries=1_000_000,
    documents=100_000,
    upload_megabytes=200,
    first_loads=5,
    warm_requests=100,
)
QUICK = Scale(
    stores=4,
    months=3,
    sales_a_month=5,
    stock=12,
    leads_a_month=5,
    deals_with_papers=2,
    requests=5,
    seconds=1,
    groups=5,
    sign_ups=1,
    import_rows=200,
    audit_entries=5_000,
    documents=500,
    upload_megabytes=17,
    first_loads=1,
    warm_requests=20,
)


@dataclass(frozen=True)
class Filled:
    """What the items need to know of the group: its host, a token, some ids."""

    host: str
    email: str
    token: str
    schema_name: str
    store_ids: list[int]
    rows: dict[str, int]
    seconds: float


def fill(site: Site, scale: Scale) -> Filled:
    """A group of its own with rows through the same code as the demo's; the floor from its rows."""
    from apps.headquarters import demo
    from forecourt.kernel import clock
    from forecourt.kernel.groups import inside
    from tenants.groups import register_group

    began = time.perf_counter()
    group = register_group(slug=SLUG, name="Bench")
    volume = demo.Volume(
        scale.months, scale.sales_a_month, scale.leads_a_month, scale.stock, scale.deals_with_papers
    )
    email = f"hq@{SLUG}.example"
    with inside(group.identity):
        demo.load(_shape(scale.stores), clock.today(group.time_zone), volume)
        token, store_ids, rows = _about_group(email)
    with site.superuser() as server:
        _fill_floor(server, site, group.schema_name, scale.stores)
    return Filled(
        host=f"{SLUG}.localhost",
        email=email,
        token=token,
        schema_name=group.schema_name,
        store_ids=store_ids,
        rows=rows,
        seconds=time.perf_counter() - began,
    )


def _shape(stores: int) -> Any:
    from apps.organisation.demo import DemoGroup, DemoStore

    return DemoGroup(
        slug=SLUG,
        name_zh="测试集团",
        name_en="Bench",
        stores=tuple(
            DemoStore(
                # The region's people are named after the first two characters.
                code=f"{chr(65 + number % REGIONS)}B{number:02d}",
                name_zh=f"门店{number}",
                name_en=f"Store {number}",
                region=f"大区{number % REGIONS}",
                company=f"公司{number % REGIONS}",
                brand=BRANDS[number % len(BRANDS)],
                division_code="310115",
            )
            for number in range(stores)
        ),
        regions={f"大区{number}": f"Region {number}" for number in range(min(REGIONS, stores))},
    )


def _about_group(email: str) -> tuple[str, list[int], dict[str, int]]:
    from django.db import connection

    from forecourt.accounts.models import ApiToken, User

    _token, text = ApiToken.issue(User.objects.get(email=email), "bench")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM organisation_store ORDER BY id")
        store_ids = [row[0] for row in cursor.fetchall()]
        rows = {}
        for table in COUNTED:
            cursor.execute(f"SELECT count(*) FROM {table}")
            rows[table] = cursor.fetchone()[0]
    return text, store_ids, rows


def _fill_floor(server: psycopg.Connection[Any], site: Site, schema_name: str, stores: int) -> None:
    server.execute(f"CREATE DATABASE {FLOOR_DATABASE}")
    server.execute(f"SET search_path TO {schema_name}")
    with site.superuser(FLOOR_DATABASE) as floor:
        floor.execute(FLOOR_TABLES.read_text())
        for table, columns in COPIED.items():
            _copy(server, floor, table, f"SELECT {columns}")
            floor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
        _fill_summary(floor, stores)
        floor.execute("ANALYZE")


def _copy(
    source: psycopg.Connection[Any], target: psycopg.Connection[Any], table: str, select: str
) -> None:
    with (
        source.cursor() as reading,
        target.cursor() as writing,
        reading.copy(f"COPY ({select}) TO STDOUT") as rows,
        writing.copy(f"COPY {table} FROM STDIN") as into,
    ):
        for block in rows:
            into.write(block)


def _fill_summary(floor: psycopg.Connection[Any], stores: int) -> None:
    dice = random.Random(1)
    with (
        floor.cursor() as cursor,
        cursor.copy("COPY summary (store_id, month, measure, quantity) FROM STDIN") as rows,
    ):
        for store in range(stores):
            for month in range(1, 13):
                for measure in ("leads", "sold", "stock"):
                    rows.write_row((store, date(2025, month, 1), measure, dice.randint(0, 99)))
