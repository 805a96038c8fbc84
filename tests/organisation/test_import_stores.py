"""Stores from a file: made with their companies and regions, corrected by what the file says."""

from decimal import Decimal

import pytest

from apps.organisation.models import LegalEntity, Region, Store
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.models import ImportIssue
from tests.access.test_coverage import imported
from tests.factories.organisation import actor_of, make_staff

HEAD = "代码,门店名称,公司,大区,品牌,行政区划,纬度,经度,开门时间,打烊时间,展厅面积\n"
FIRST = "sh01,浦东店,甲公司,上海区,比亚迪、大众,上海市浦东新区,31.2215,121.5443,8:30,20：00,2400\n"
SECOND = "SH02,闵行店,甲公司,上海区,,,,,,,\n"


@pytest.fixture
def owner(group):
    actor = actor_of(make_staff("group_owner"))
    add_field(host="store", code="area", kind="INTEGER", label_zh="展厅面积", actor=actor)
    return actor


def test_stores_come_with_their_companies_and_regions(owner):
    run = imported("organisation.store", HEAD + FIRST + SECOND, owner)

    first, second = Store.objects.order_by("code")
    assert (run.created_count, run.rejected_count) == (2, 0)
    assert (LegalEntity.objects.count(), Region.objects.count()) == (1, 1)
    assert (first.legal_entity, first.region) == (second.legal_entity, second.region)
    assert (first.code, first.brand_names, first.division_code) == (
        "SH01",
        ["比亚迪", "大众"],
        "310115",
    )
    assert (first.latitude, first.longitude) == (Decimal("31.2215"), Decimal("121.5443"))
    assert f"{first.opens_at:%H:%M}-{first.closes_at:%H:%M}" == "08:30-20:00"
    assert first.custom == {"area": 2400}


def test_a_known_store_is_corrected_by_what_the_file_says_and_nothing_else(owner):
    imported("organisation.store", HEAD + FIRST, owner)
    correction = "SH01,浦东旗舰店,甲公司,,,,,,,,2500\n"

    changed = imported("organisation.store", HEAD + correction, owner)
    again = imported("organisation.store", HEAD + correction, owner)

    store = Store.objects.get()
    assert (changed.updated_count, again.unchanged_count) == (1, 1)
    assert (store.name_zh, store.region.name_zh, store.custom) == (
        "浦东旗舰店",
        "上海区",
        {"area": 2500},
    )
    assert store.latitude == Decimal("31.2215")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("SH-1,店,甲公司,,,,,,,,", "代码"),
        ("SH03,店,甲公司,,,火星,,,,,", "行政区划"),
        ("SH03,店,甲公司,,,,31.2,,,,", "经度"),
        ("SH03,店,甲公司,,,,91,121,,,", "纬度"),
        ("SH03,店,甲公司,,,,,,20:00,8:00,", "打烊时间"),
        ("SH03,店,甲公司,,,,,,25:00,,", "开门时间"),
    ],
)
def test_a_wrong_value_is_told_beside_its_column_and_adds_nothing(owner, row, column):
    run = imported("organisation.store", f"{HEAD}{row}\n", owner)

    assert run.rejected_count == 1
    assert ImportIssue.objects.filter(run=run).values_list("column", flat=True)[0] == column
    assert not Store.objects.exists()
