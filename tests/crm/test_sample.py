"""The sample data of this module: made by the actions, true by the checks."""

from apps.crm.models import Lead, Opportunity
from apps.crm.sample import PEOPLE, leads
from forecourt.kernel import verify
from forecourt.kernel.sample import Making
from tests.factories.organisation import actor_of, make_staff, make_store


def test_it_shows_leads_at_every_stage_and_nothing_is_wrong(group):
    for brand in ("BYD", "BMW"):
        store = make_store(brand_names=[brand], division_code="310115")
        for _number in range(3):
            make_staff(store=store)
    owner = actor_of(make_staff("group_owner"))

    leads(Making(owner))

    assert Lead.objects.count() == len(PEOPLE)
    assert set(Lead.objects.values_list("state", flat=True)) >= {"ASSIGNED", "QUALIFIED", "INVALID"}
    assert len(set(Opportunity.objects.values_list("stage", flat=True))) >= 4
    assert [problem for _name, found in verify.run_checks() for problem in found] == []
