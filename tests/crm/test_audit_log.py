"""The audit log calls customers, leads and opportunities by their names, and leads to them."""

from apps.organisation import logbook
from tests.factories.crm import make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store


def test_entries_lead_to_the_records_that_they_are_about(group, client_of):
    opportunity = make_opportunity(owner=make_staff(store=make_store()))
    owner = make_staff("group_owner")

    page = client_of(group, owner.user).get("/organisation/audit/").content.decode()

    assert f'href="/crm/opportunities/{opportunity.pk}/"' in page
    assert f'href="/crm/leads/{opportunity.lead_id}/"' in page


def test_only_kinds_of_record_that_people_know_can_be_chosen(group):
    kinds = dict(logbook.kinds(actor_of(make_staff("group_owner"))))

    assert {"crm.lead", "crm.customer", "vehicles.stockunit", "organisation.store"} <= kinds.keys()
    assert "crm.assignmentshare" not in kinds
