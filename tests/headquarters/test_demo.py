"""The demo data through every check, and each number of the home page against the rows it opens."""

import csv
import io
from collections.abc import Callable
from datetime import datetime, time
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from apps.crm.models import Customer, Interaction, Lead
from apps.headquarters import demo, queries, views
from apps.organisation.demo import HUADONG, JINLING, DemoGroup
from apps.vehicles.models import Vehicle, VehicleTransfer
from apps.vehicles.rules.vin import check_vin
from forecourt.accounts.models import User
from forecourt.kernel import clock
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.verify import run_checks
from tests.factories.organisation import actor_of

SMALL = demo.Volume(
    months=3, sales_a_month=3, leads_a_month=6, stock=6, deals_with_papers=3, people_with_papers=2
)


@pytest.mark.parametrize("shape", [HUADONG, JINLING], ids=lambda shape: shape.slug)
def test_the_demo_data_passes_every_check(group: GroupIdentity, shape: DemoGroup) -> None:
    counts = demo.load(shape, clock.today(), SMALL)

    assert {name: found for name, found in run_checks() if found} == {}
    assert counts["stores"] == len(shape.stores)
    assert min(counts.values()) > 0
    assert all(
        check_vin(vin, today=clock.today()).valid
        for vin in Vehicle.objects.values_list("vin", flat=True)
    )
    assert set(VehicleTransfer.objects.values_list("state", flat=True)) == {
        "REQUESTED",
        "APPROVED",
        "IN_TRANSIT",
    }


def test_before_the_stores_open_nothing_has_happened_yet(
    group: GroupIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = datetime.combine(clock.today(), time(6), ZoneInfo("Asia/Shanghai"))
    monkeypatch.setattr(timezone, "now", lambda: early)

    demo.load(JINLING, clock.today(), SMALL)

    assert not Interaction.objects.filter(happened_at__gt=early).exists()
    assert not Customer.objects.filter(touched_at__gt=early).exists()
    assert not Lead.objects.filter(received_at__gt=early).exists()
    assert not Lead.objects.filter(first_response_at__gt=early).exists()


def test_people_of_the_demo_sign_in_with_the_published_password(group: GroupIdentity) -> None:
    demo.load(JINLING, clock.today(), SMALL)

    assert User.objects.filter(email="owner@jinling.example").exists()
    assert User.objects.get(email="advisor1.nj01@jinling.example").check_password("forecourt-demo")


def test_every_number_of_the_home_page_opens_exactly_its_rows(
    group: GroupIdentity, client_of: Callable[..., Client]
) -> None:
    demo.load(HUADONG, clock.today(), SMALL)
    user = User.objects.get(email="hq@huadong.example")
    home = queries.home(actor_of(user.staff_member), clock.today())
    browser = client_of(group, user)

    for line in (home.total, home.rows[0]):
        for column in home.columns:
            if column.amount:
                continue
            url = views._of_store(views._rows_url(home, column), line.store)
            assert rows_behind(browser, url) == line.values[column.key], (column.key, url)


def rows_behind(browser: Client, url: str) -> int:
    """How many rows the list at the address has, by its own export."""
    parts = urlsplit(url)
    query = urlencode([*parse_qsl(parts.query), ("export", "csv")])
    answer = browser.get(f"{parts.path}?{query}")
    assert answer.status_code == 200, url
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return len(list(csv.reader(io.StringIO(text)))) - 1
