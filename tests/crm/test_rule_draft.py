"""Several rules changed together in the web app: a draft, a replay, then all at once."""

from apps.crm.models import AssignmentRule
from forecourt.kernel import jobs
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import Job
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store

RULE = {"name": "网络线索", "sources": ["WEB"], "strategy": "ROUND_ROBIN"}


def test_rules_are_changed_reordered_tried_and_published_together(group, client_of):
    make_staff("sales_advisor", make_store())
    client = client_of(group, make_staff("group_owner").user)
    present = AssignmentRule.objects.get()
    make_lead(source="WEB")
    home = "/crm/assignment/draft/"

    assert client.post(f"{home}new/", RULE).status_code == 302
    assert client.post(f"{home}new/", {**RULE, "name": ""}).status_code == 422
    client.post(f"{home}1/move/", {"direction": "up"})
    client.post(f"{home}1/switch/", {"on": "no"})
    page = client.get(home).content.decode()
    assert page.index("网络线索") < page.index(present.name)
    assert list(AssignmentRule.objects.values_list("name", "is_active")) == [(present.name, True)]

    client.post(f"{home}replay/")
    job = Job.objects.get(kind="crm.replay_assignment")
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)
    assert client.get(f"/crm/assignment/replays/{job.pk}/").status_code == 200
    client.post(f"/crm/assignment/replays/{job.pk}/publish/")

    rules = AssignmentRule.objects.order_by("sequence").values_list("name", "is_active")
    assert list(rules) == [("网络线索", True), (present.name, False)]
    assert "网络线索" in client.get(home).content.decode()


def test_a_discarded_draft_leaves_everything_and_places_that_are_not_there_are_refused(
    group, client_of
):
    client = client_of(group, make_staff("group_owner").user)
    present = AssignmentRule.objects.get()

    client.post("/crm/assignment/draft/0/remove/")
    assert client.post("/crm/assignment/draft/5/remove/").status_code == 422
    client.post("/crm/assignment/draft/discard/")

    assert present.name in client.get("/crm/assignment/draft/").content.decode()
    assert AssignmentRule.objects.get() == present
    manager = client_of(group, make_staff("store_manager", make_store()).user)
    assert manager.get("/crm/assignment/draft/").status_code == 403
