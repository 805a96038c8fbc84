import pytest

from apps.vehicles.models import StockUnit, VehicleTransfer
from apps.vehicles.sample import cars_in_stock
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.sample import Making
from tests.factories.organisation import make_store

pytestmark = pytest.mark.usefixtures("group")


def test_the_sample_shows_every_age_band_a_reservation_and_a_request() -> None:
    make_store(brand_names=["比亚迪"])
    make_store(brand_names=["比亚迪", "大众"])

    cars_in_stock(Making(system_actor("sample")))
    cars_in_stock(Making(system_actor("sample")))

    assert StockUnit.objects.count() == 40
    assert StockUnit.objects.filter(state="RESERVED").count() == 2
    assert VehicleTransfer.objects.count() == 2
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def test_without_stores_there_is_no_sample_stock() -> None:
    cars_in_stock(Making(system_actor("sample")))

    assert not StockUnit.objects.exists()
