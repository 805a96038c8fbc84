"""Other limits of age are tried on the stock of the last 90 days before they are saved."""

from datetime import timedelta

import pytest

from apps.vehicles.models import StockUnit
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Conflict, Invalid, NotPermitted
from forecourt.kernel.group_settings import preview_setting, value_of
from forecourt.kernel.models import SettingValue
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit


@pytest.fixture
def owner(group):
    store = make_store()
    units = [make_unit(store) for _number in range(3)]
    for unit, days, gone in zip(units, (100, 70, 200), (None, None, 50), strict=True):
        StockUnit.objects.filter(pk=unit.pk).update(
            stocked_in_date=today() - timedelta(days=days),
            **({"left_date": today() - timedelta(days=gone)} if gone else {}),
        )
    return actor_of(make_staff("group_owner"))


def test_what_counts_as_aged_is_shown_day_by_day_for_both_limits(owner):
    found = preview_setting(key="vehicles.aged_from", actor=owner, value=60)

    by_place = [row[1:] for row in found.rows]
    assert len(found.rows) == 10
    # In stock, aged from 90 days as now, from 60 days as entered.
    assert by_place[0] == [2, 1, 2]
    assert by_place[2] == [2, 0, 1]
    assert by_place[6] == [3, 1, 1]
    assert by_place[9] == [2, 1, 1]
    assert value_of("vehicles.aged_from") == 90
    assert not SettingValue.objects.filter(key="vehicles.aged_from").exists()


def test_bands_are_tried_limit_by_limit_in_one_look(owner, django_assert_num_queries):
    value_of("vehicles.age_limits")
    with django_assert_num_queries(1):
        found = preview_setting(key="vehicles.age_limits", actor=owner, value=[30, 75, 150])

    assert found.rows[0][1:] == [2, 2, 2, 1, 1, 0, 0]


def test_what_makes_no_sense_or_shows_nothing_is_refused(owner):
    with pytest.raises(Invalid):
        preview_setting(key="vehicles.aged_from", actor=owner, value=0)
    with pytest.raises(Conflict):
        preview_setting(key="crm.response_minutes", actor=owner, value=5)
    with pytest.raises(NotPermitted):
        advisor = actor_of(make_staff("sales_advisor", make_store()))
        preview_setting(key="vehicles.aged_from", actor=advisor, value=60)


def test_the_dialog_shows_it_and_keeps_what_was_typed(group, owner, client_of):
    client = client_of(group, make_staff("group_owner").user)
    url = "/settings/values/vehicles.aged_from/"

    page = client.post(url, {"value": "60", "try": "yes"}).content.decode()

    assert 'value="60"' in page
    assert "fc-table" in page
    assert not SettingValue.objects.filter(key="vehicles.aged_from").exists()
