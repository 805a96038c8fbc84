"""The audit log calls customers, leads and opportunities by their names, and leads to them."""

from django.utils.translation import override

from apps.organisation import logbook
from forecourt.kernel.models import AuditEntry
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


def test_the_log_names_a_leads_source_and_how_it_was_assigned(group):
    lead = AuditEntry(
        subject_kind="crm.lead", changes={"source": [None, "WALK_IN"], "why": [None, "turn"]}
    )

    with override("en"):
        told = logbook.changes_of(lead, actor_of(make_staff("group_owner")))

    assert [text for _label, _before, text in told] == ["Walk-in", "Whose turn it was"]
