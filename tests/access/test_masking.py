"""A masked value is nowhere in clear: every page, list, export, answer of the API and search.

One customer and one vehicle carry a value of their own in each masked field. Somebody who may do
everything in the whole group, but see those values, then opens every address there is, and looks
for every value wherever something can be looked for.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import resolve
from python_calamine import CalamineWorkbook

from apps.crm.actions import add_phone, change_customer, create_feed, receive_message
from apps.crm.models import Customer, FeedMessage, TestDrive
from apps.organisation.actions import (
    change_bank_account,
    change_driving_licence,
    change_national_id,
)
from apps.organisation.models import RolePermission, StaffMember
from apps.sales.models import SalesOrder
from apps.vehicles.actions import reserve_unit
from forecourt.kernel import jobs
from forecourt.kernel.access import ScopedModel, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import actions as imports
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.secret import Secret
from tests.access import coverage
from tests.access.test_coverage import ENDPOINTS
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_store
from tests.factories.vehicles import make_transfer, make_unit
from tests.hostile.conftest import make_person
from tests.hostile.routes import URLCONF, Route, routes
from tests.hostile.rows import KINDS, Place, kind_of, make_place, value_of
from tests.hostile.test_guards import group_models

pytestmark = pytest.mark.timeout(600)  # opens every page there is

NAME = "司徒隐"
SECRETS: dict[tuple[str, str], str] = {
    ("crm.Customer", "primary_phone"): "+8613971348265",
    ("crm.Customer", "wechat"): "geheim_wx_77",
    ("crm.Customer", "email"): "unseen@hidden.example",
    ("crm.Customer", "address"): "隐秘路七号",
    ("crm.Customer", "national_id"): "310101199003070035",
    ("crm.FeedMessage", "payload"): '{"mobile": "13971348277"}',
    ("crm.TestDrive", "licence_number"): "310101199004051238",
    ("organisation.StaffMember", "bank_account"): "6222021001116245873",
    ("organisation.StaffMember", "national_id"): "11010119900307109X",
    ("organisation.StaffMember", "driving_licence"): "310101199102031234",
    ("vehicles.StockUnit", "cost"): "187654.32",
}
SECOND_PHONE = "+8613971348299"
SPELLINGS = {
    "+8613971348265": ("13971348265", "139 7134 8265", "7134", "3971348"),
    '{"mobile": "13971348277"}': ("13971348277", "139 7134 8277"),
    SECOND_PHONE: ("13971348299", "139 7134 8299"),
    "187654.32": ("187654", "187,654", "18.77", "18.76"),
}
ROUTES = [route for route in routes() if route.name and not route.prefix.startswith("accounts/")]


def in_clear(text: str) -> list[str]:
    found = []
    for secret in [*SECRETS.values(), SECOND_PHONE]:
        spellings = (secret, *SPELLINGS.get(secret, ()))
        found += [each for each in spellings if each in text and _stands_alone(each, text)]
    return found


def _stands_alone(spelling: str, text: str) -> bool:
    """Few digits also stand in a token, a UUID or the seconds of a time now and then."""
    if len(spelling) > 5:
        return True
    alone = rf"(?<![\w-])(?<!\d:){re.escape(spelling)}(?![\w-])"
    return re.search(alone, text, re.ASCII) is not None


@dataclass
class World:
    """The rows that hold the values, by what stands in an address."""

    rows: dict[str, Any]
    place: Place

    def values(self, route: Route) -> dict[str, Any]:
        found = {}
        for name in route.keywords:
            kind = kind_of(route.name, name)
            if kind is None:
                found[name] = value_of(route.name, name)
                continue
            if name not in self.rows:
                self.rows[name] = kind.make(self.place)
            found[name] = self.rows[name].pk
        return found


@pytest.fixture
def world(group) -> World:
    place = make_place()
    staff, system = place.staff, system_actor()
    lead = make_lead(
        owner=staff, name=NAME, phone=SECRETS["crm.Customer", "primary_phone"], source="WEB"
    )
    customer = lead.customer
    add_phone(customer_id=customer.pk, phone=SECOND_PHONE, actor=system)
    change_bank_account(
        staff_id=staff.pk,
        bank_account=SECRETS["organisation.StaffMember", "bank_account"],
        actor=system,
    )
    for name, change in (
        ("national_id", change_national_id),
        ("driving_licence", change_driving_licence),
    ):
        change(staff_id=staff.pk, actor=system, **{name: SECRETS["organisation.StaffMember", name]})
    ways = ("wechat", "email", "address", "national_id")
    change_customer(
        customer_id=customer.pk,
        actor=system,
        **{name: SECRETS["crm.Customer", name] for name in ways},
    )
    cost = Decimal(SECRETS["vehicles.StockUnit", "cost"])
    unit = make_unit(place.store, cost=cost, list_price=Decimal("200000.00"))
    reserve_unit(stock_unit_id=unit.pk, customer_name=NAME, customer_id=customer.pk, actor=system)
    moved = make_unit(place.store, cost=cost)
    rows = {
        "customer_id": customer,
        "lead_id": lead,
        "stock_unit_id": unit,
        "transfer_id": make_transfer(moved, to_store=make_store()),
        "sales_order_id": _order(place, customer),
        "test_drive_id": _test_drive(place, customer),
        "message_id": _message(),
        "run_id": _import(place),
        "store_id": place.store,
        "staff_id": staff,
    }
    return World(rows, place)


def _order(place: Place, customer: Customer) -> SalesOrder:
    unit = make_unit(place.store, cost=Decimal(SECRETS["vehicles.StockUnit", "cost"]))
    return SalesOrder.objects.create(
        number="SO-1",
        store=place.store,
        customer=customer,
        stock_unit=unit,
        advisor=place.staff,
        state="DELIVERED",
        order_date=date(2026, 1, 5),
        delivery_date=date(2026, 1, 9),
        total_amount=Decimal("200000.00"),
        currency="CNY",
        external_reference="1",
    )


def _message() -> FeedMessage:
    """What a feed sent, and its lead."""
    feed = create_feed(name="web", code="web", source="WEB", actor=system_actor()).feed
    body = SECRETS["crm.FeedMessage", "payload"].encode()
    return receive_message(feed=feed, body=body, content_type="application/json").message


def _test_drive(place: Place, customer: Customer) -> TestDrive:
    drive = KINDS["test_drive_id"].make(place)
    drive.customer, drive.driver_name = customer, NAME
    drive.licence_number = SECRETS["crm.TestDrive", "licence_number"]
    drive.state, drive.out_at, drive.mileage_before = "OUT", now(), 1000
    drive.save()
    return drive


def _import(place: Place) -> Any:
    """A file of customers, brought by somebody who may see them, with a row that is rejected."""
    actor = actor_of(make_person(None, "GROUP"))
    phone, number = (SECRETS["crm.Customer", name] for name in ("primary_phone", "national_id"))
    text = f"姓名,手机,生日,地址,身份证\n{NAME},{phone},31/31/1990,x,{number}\n"
    run = imports.upload_file(
        kind="crm.customer",
        name="customers.csv",
        content=io.BytesIO(text.encode()),
        actor=actor,
        store_id=place.store.pk,
    )
    mapping = run.mapping | {"birth_date": {"column": 2, "date_order": "DMY"}}
    imports.map_columns(run_id=run.pk, mapping=mapping, actor=actor)
    for start in (imports.start_check, imports.start_run):
        job = start(run_id=run.pk, actor=actor)
        jobs.run_job(schema_name=current_schema(), job_id=job.pk)
    run.refresh_from_db()
    assert run.rejected_count == 1
    return run


@pytest.fixture
def viewer(world) -> StaffMember:
    """May do everything everywhere, but see or uncover what is masked."""
    person = make_person(None, "GROUP")
    masks = {
        masked.permission for model in masked_models() for masked in model.masked_fields.values()
    }
    assert masks
    RolePermission.objects.filter(
        role__staff=person, permission__in=masks | {"crm.reveal_phone"}
    ).delete()
    return person


def masked_models() -> list[type[ScopedModel]]:
    return [model for model in group_models() if getattr(model, "masked_fields", None)]


def test_every_masked_field_has_a_value_here(world):
    declared = {
        (model._meta.label, name) for model in masked_models() for name in model.masked_fields
    }

    assert declared == set(SECRETS)
    for (label, name), secret in SECRETS.items():
        row = next(row for row in world.rows.values() if type(row)._meta.label == label)
        row.refresh_from_db()
        value = getattr(row, name)
        assert str(value.reveal() if isinstance(value, Secret) else value) == secret


def test_no_page_list_or_export_shows_a_masked_value(group, world, viewer, client_of):
    browser = client_of(group, viewer.user)
    opened = 0
    for address, status, text in everything(browser, world):
        assert in_clear(text) == [], (address, in_clear(text))
        opened += status == 200
    assert opened > 100


def test_the_api_shows_no_masked_value_when_everything_is_expanded(group, world, viewer, client_of):
    browser = client_of(group, viewer.user)
    opened = 0
    for route in (route for route in ROUTES if route.name.removeprefix("api:") in api_names()):
        for _method, operation in coverage.operations(ENDPOINTS[route.name]):
            if operation is None or operation.kind not in ("page", "record"):
                continue
            expand = ",".join(operation.answer.expansions)
            address = f"{route.address(world.values(route))}?expand={expand}&fields="
            for query in (address.removesuffix("&fields="), address.split("?", maxsplit=1)[0]):
                answer = browser.get(query)
                assert in_clear(answer.content.decode()) == [], query
                opened += answer.status_code == 200
    assert opened > 20


def api_names() -> set[str]:
    return {name.removeprefix("api:") for name in ENDPOINTS}


def test_who_may_see_them_finds_them_on_those_same_pages(group, world, client_of):
    """Guards the test above: the values are there to be shown."""
    owner = make_person(None, "GROUP")
    browser = client_of(group, owner.user)
    missed = {"geheim_wx_77", "unseen@hidden.example", "隐秘路七号", "139 7134 8265", "187,654"}
    of_them = [route for route in ROUTES if route.name.startswith(("crm:customer", "vehicles:"))]
    for _address, _status, text in everything(browser, world, of_them):
        missed -= set(in_clear(text))
    assert not missed


@pytest.mark.parametrize("part", ["13971348265", "1397134", "7134826", "139713", "8299"])
def test_nobody_finds_out_a_phone_by_searching_for_parts_of_it(
    group, world, viewer, client_of, part
):
    """Only the last four digits find her, for these the mask shows."""
    browser = client_of(group, viewer.user)
    for address in searches():
        assert NAME not in browser.get(address + quote(part)).content.decode(), address


def test_what_the_mask_shows_finds_her(group, world, viewer, client_of):
    browser = client_of(group, viewer.user)
    for address in ("/search/?q=", "/crm/customers/?q=", "/api/v1/customers?q=", "/crm/leads/?q="):
        for part in ("8265", "司徒"):
            answer = browser.get(address + quote(part)).content.decode()
            assert NAME in re.sub("</?mark>", "", answer), (address, part)


def test_who_sees_the_phone_finds_by_any_part(group, world, client_of):
    browser = client_of(group, make_person(None, "GROUP").user)
    for part in ("13971348265", "+8613971348265", "139-7134-8265", "139 7134", "8299"):
        page = browser.get(f"/crm/customers/?q={quote(part)}").content.decode()
        assert NAME in page, part


def searches() -> Iterator[str]:
    """Every address that takes a search, up to the words."""
    for route in ROUTES:
        if route.is_list and not route.keywords:
            yield f"{route.address({})}?q="
    for name, cls in ENDPOINTS.items():
        for _method, operation in coverage.operations(cls):
            if operation is not None and "q" in operation.filters:
                yield f"{next(route for route in ROUTES if route.name == name).address({})}?q="
    yield "/search/?q="


def everything(
    browser: Client, world: World, opened: Iterable[Route] = ROUTES
) -> Iterator[tuple[str, int, str]]:
    """``(address, status, text)`` of each page with its tabs, and of each list in every form."""
    for route in opened:
        address = route.address(world.values(route))
        answer = browser.get(address)
        text = text_of(answer)
        yield address, answer.status_code, text
        more = [f"{address}?tab={tab}" for tab in sorted(set(re.findall(r"[?;]tab=(\w+)", text)))]
        if route.is_list:
            columns = "&".join(f"column={name}" for name in columns_of(address))
            forms = (columns, f"export=csv&{columns}", f"export=xlsx&{columns}")
            more += [f"{address}?{form}" for form in forms]
        for each in more:
            answer = browser.get(each)
            yield each, answer.status_code, text_of(answer)


def columns_of(address: str) -> list[str]:
    return [column.name for column in resolve(address, urlconf=URLCONF).func.list_page.columns]


def text_of(answer: Any) -> str:
    """What a person reads in an answer, a workbook's cells included; ids are taken out."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if "spreadsheetml" in answer.get("Content-Type", ""):
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0)
        return "\n".join(str(cell) for row in sheet.to_python() for cell in row)
    if not re.match(r"text|application/(json|problem)", answer.get("Content-Type", "")):
        return ""
    return body.decode("utf-8-sig")


def test_the_audit_log_keeps_no_masked_value(world):
    for entry in AuditEntry.objects.all():
        assert in_clear(f"{entry.subject_label} {entry.changes}") == [], entry.action
