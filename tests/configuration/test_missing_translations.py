"""The report of what a group has written in one language only."""

import pytest

from apps.organisation.models import Department, Position, Role
from forecourt.kernel.bilingual import count_missing, missing, sources_for
from forecourt.kernel.models import OptionValue
from tests.factories.organisation import actor_of, make_region, make_staff, make_store


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


def found(staff) -> dict[str, list[tuple[str, str]]]:
    return {
        one.source.name: [(row.zh, row.en) for row in one.rows] for one in missing(actor_of(staff))
    }


def lack_something() -> None:
    store = make_store(name_zh="浦东店", name_en="")
    make_region(name_zh="华东")
    Role.objects.filter(code="cashier").update(name_en="")
    Position.objects.filter(code="accountant").update(name_en="")
    Department.objects.create(name_zh="销售部", store=store)
    OptionValue.objects.filter(list_code="lead_sources", code="WEB").update(name_zh="")


def test_all_kinds_of_names_are_looked_at(owner):
    before = found(owner)
    lack_something()

    after = found(owner)

    assert after["organisation.store"] == [("浦东店", "")]
    assert after["organisation.region"] == [("华东", "")]
    assert after["organisation.role"] == [("收银员", "")]
    assert after["organisation.position"] == [("会计", "")]
    assert after["organisation.department"] == [("销售部", "")]
    assert after["kernel.optionvalue"] == [("", "Web form")]
    assert set(before) <= {"organisation.legalentity"}


def test_the_number_on_the_tile_is_that_of_the_report(owner, django_assert_num_queries):
    lack_something()
    actor = actor_of(owner)
    total = sum(one.count for one in missing(actor))

    with django_assert_num_queries(1):
        assert count_missing(actor) == total > 5


def test_only_who_may_mend_a_name_is_told_of_it(group):
    lack_something()
    manager = actor_of(make_staff("store_manager", make_store()))

    names = {one.source.name for one in missing(manager)}

    assert "kernel.optionvalue" not in names
    assert "organisation.role" not in names


def test_the_page_links_to_where_each_is_mended(owner, group, client_of):
    browser = client_of(group, owner.user)
    assert browser.get("/settings/translations/").status_code == 200
    lack_something()
    role = Role.objects.get(code="cashier")

    page = browser.get("/settings/translations/").text

    assert f"/organisation/roles/{role.pk}/" in page
    assert "/settings/option-lists/lead_sources/" in page
    assert "浦东店" in page


def test_the_report_is_read_in_few_queries(owner, group, client_of, django_assert_max_num_queries):
    browser = client_of(group, owner.user)
    lack_something()
    kinds = len(sources_for(actor_of(owner)))
    for path, most in (("/settings/", 12), ("/settings/translations/", 8 + kinds)):
        browser.get(path)
        with django_assert_max_num_queries(most):
            browser.get(path)
