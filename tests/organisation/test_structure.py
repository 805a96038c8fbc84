import pytest

from apps.organisation import actions
from apps.organisation.models import LegalEntity, Region
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def hq(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("headquarters"))


def test_a_company_is_added_and_changed(hq: Actor) -> None:
    company = actions.add_company(name_zh="甲公司", tax_number=" 91310000ma1k ", actor=hq)

    actions.edit_company(company_id=company.pk, name_zh="甲汽车公司", currency="USD", actor=hq)

    company.refresh_from_db()
    assert (company.name_zh, company.tax_number, company.currency) == ("甲汽车公司", "", "USD")


def test_a_tax_number_belongs_to_one_company(hq: Actor) -> None:
    actions.add_company(name_zh="甲公司", tax_number="91310000MA1K", actor=hq)

    with pytest.raises(Conflict):
        actions.add_company(name_zh="乙公司", tax_number="91310000ma1k", actor=hq)

    assert LegalEntity.objects.count() == 1


@pytest.mark.parametrize(("name", "currency"), [(" ", "CNY"), ("甲", "cny"), ("甲", "¥")])
def test_a_company_needs_a_name_and_a_currency(hq: Actor, name: str, currency: str) -> None:
    with pytest.raises(Invalid):
        actions.add_company(name_zh=name, currency=currency, actor=hq)

    assert not LegalEntity.objects.exists()


def test_a_region_is_added_and_changed(hq: Actor) -> None:
    region = actions.add_region(name_zh="华东", actor=hq)

    actions.edit_region(region_id=region.pk, name_zh="华东大区", sequence=2, actor=hq)

    region.refresh_from_db()
    assert (region.name_zh, region.sequence) == ("华东大区", 2)


def test_a_region_s_name_is_its_own(hq: Actor) -> None:
    actions.add_region(name_zh="华东", actor=hq)

    with pytest.raises(Conflict):
        actions.add_region(name_zh="华东", actor=hq)

    assert Region.objects.count() == 1


def test_what_is_not_there_is_not_found(hq: Actor) -> None:
    with pytest.raises(NotFound):
        actions.edit_region(region_id=999_999, name_zh="无", actor=hq)
    with pytest.raises(NotFound):
        actions.edit_company(company_id=999_999, name_zh="无", actor=hq)


def test_stores_leave_companies_and_regions_alone(group: GroupIdentity) -> None:
    manager = actor_of(make_staff("store_manager", make_store()))

    with pytest.raises(NotPermitted):
        actions.add_region(name_zh="华东", actor=manager)
    with pytest.raises(NotPermitted):
        actions.add_company(name_zh="甲", actor=manager)

    assert not Region.objects.exists()
