"""Competitors: free words that the group's list spells, several to a deal."""

import pytest
from django.utils.translation import override

from apps.crm.actions import change_opportunity, lose_opportunity
from apps.marketing.queries import conditions_from, customers_matching
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.option_lists import option_list
from forecourt.kernel.option_lists.actions import add_value, remove_value, usage
from forecourt.kernel.verify import run_checks
from tests.factories.crm import make_opportunity
from tests.factories.marketing import conditions
from tests.factories.organisation import make_staff, make_store

SYSTEM = system_actor()
OTHERS = "比亚迪、理想、问界、蔚来、小鹏、零跑、小米、吉利、长安、奇瑞"


@pytest.fixture
def deal(group):
    deal = make_opportunity(owner=make_staff(store=make_store()))
    change_opportunity(opportunity_id=deal.pk, competitor="Tesla, 某品牌", actor=SYSTEM)
    deal.refresh_from_db()
    return deal


def found(op, typed):
    wanted = conditions_from(conditions(("crm.competitor", op, [typed])), SYSTEM)
    return set(customers_matching(wanted, SYSTEM).values_list("pk", flat=True))


def test_a_proposed_competitor_can_be_cleared_and_stays_where_nothing_is_said(
    deal, group, client_of
):
    advisor = deal.owner
    other = make_opportunity(owner=advisor)
    change_opportunity(opportunity_id=other.pk, competitor="比亚迪", actor=SYSTEM)
    browser = client_of(group, advisor.user)

    browser.post(
        f"/crm/opportunities/{deal.pk}/lose/", {"reason": "PRICE", "competitor": "", "note": ""}
    )
    lose_opportunity(opportunity_id=other.pk, reason="PRICE", actor=SYSTEM)

    deal.refresh_from_db()
    other.refresh_from_db()
    assert deal.loss_approval.payload["competitor"] == ""
    assert (other.stage, other.competitor) == ("LOST", "比亚迪")


def test_readers_meet_the_names_in_their_language_and_give_them_back_unchanged(
    deal, group, client_of
):
    browser = client_of(group, deal.owner.user)
    pages = [f"/crm/opportunities/{deal.pk}/{page}" for page in ("", "edit/", "lose/")]

    for language, shown in (("en", "Tesla, 某品牌"), ("zh-hans", "特斯拉、某品牌")):
        browser.post("/i18n/language/", {"language": language})
        for page in pages:
            assert shown in browser.get(page).text, page
    with override("en"):
        change_opportunity(opportunity_id=deal.pk, competitor=deal.competitors_shown, actor=SYSTEM)
    deal.refresh_from_db()
    assert deal.competitor == "特斯拉、某品牌"


def test_names_too_long_to_be_kept_are_refused_beside_the_field_and_not_cut(deal, group, client_of):
    long = "某".join("品牌" for _name in range(50))

    with pytest.raises(Invalid) as refusal:
        change_opportunity(opportunity_id=deal.pk, competitor=long, actor=SYSTEM)
    answer = client_of(group, deal.owner.user).post(
        f"/crm/opportunities/{deal.pk}/lose/", {"reason": "PRICE", "competitor": long}
    )

    assert refusal.value.field == "competitor"
    assert answer.status_code == 422
    assert long in answer.text
    deal.refresh_from_db()
    assert (deal.stage, deal.competitor) == ("NEW", "特斯拉、某品牌")


def test_segments_find_each_name_however_it_is_spelt(deal):
    make_opportunity(owner=deal.owner)
    whose = {deal.customer_id}

    for op in ("IS", "CONTAINS"):
        for typed in ("Tesla", "特斯拉", "tesla", "某品牌"):
            assert found(op, typed) == whose, (op, typed)
    assert found("IS", "品牌") == set()
    assert found("CONTAINS", "品牌") == whose
    assert found("IS", "(") == set()
    assert deal.customer_id not in found("IS_NOT", "Tesla")


def test_each_of_several_names_counts_as_used(deal):
    value = add_value(list_code="competitors", name_zh="某品牌", name_en="Some", actor=SYSTEM)

    counts = usage(option_list("competitors"))

    assert (counts["特斯拉"], counts["某品牌"]) == (1, 1)
    with pytest.raises(Conflict):
        remove_value(list_code="competitors", value_id=value.pk, actor=SYSTEM)
    change_opportunity(opportunity_id=deal.pk, competitor="特斯拉", actor=SYSTEM)
    remove_value(list_code="competitors", value_id=value.pk, actor=SYSTEM)


def test_a_deal_lost_to_several_is_recounted_under_the_first(deal):
    lose_opportunity(opportunity_id=deal.pk, reason="PRICE", actor=SYSTEM)

    assert [problem for _name, problems in run_checks() for problem in problems] == []
