"""Approvals over the API: files, facts, and what waits without a flow."""

from django.core.files.base import ContentFile

from apps.approvals.rules.steps import Step
from apps.organisation.models import RolePermission
from apps.vehicles.actions import request_transfer
from apps.vehicles.approval_kinds import KIND
from apps.vehicles.rules.states import TransferReason
from forecourt.kernel.files import check_file
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage
from tests.factories.approvals import Desk, make_flow
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit
from tests.files.samples import PDF


def test_a_file_is_announced_sent_added_and_fetched(group, caller, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    desk = Desk(Step(roles=("sales_manager",)))
    request = desk.submit()
    calls = caller(group, desk.sales)
    body = {"purpose": "approvals.attachment", "name": "报价.pdf", "size": len(PDF)}

    begun = calls.post("uploads", body)
    assert begun.status_code == 201, begun.content
    file_id = begun.json()["file"]["id"]
    early = calls.post(f"approvals/{request.pk}/attachments", {"file_id": file_id})
    assert (early.status_code, early.json()["field"]) == (422, "file")
    file = StoredFile.objects.get(pk=file_id)
    group_storage().put(file.incoming_name, ContentFile(PDF))
    assert calls.post(f"uploads/{file_id}/complete", {}).json()["state"] == "CHECKING"
    check_file(schema_name=current_schema(), file_id=file.pk)

    made = calls.post(
        f"approvals/{request.pk}/attachments", {"file_id": file_id}, Idempotency_Key="once"
    )
    assert made.status_code == 201, made.content
    row = made.json()
    assert (row["file_name"], row["state"], row["refusal"]) == ("报价.pdf", "READY", "")
    listed = calls.get(f"approvals/{request.pk}/attachments").json()["data"]
    assert [each["id"] for each in listed] == [row["id"]]
    place = f"approvals/{request.pk}/attachments/{row['id']}"
    assert calls.get(place).json()["size_bytes"] == len(PDF)
    assert calls.post(f"{place}/open", {}).json()["url"]
    stranger = caller(group, make_staff("sales_advisor", make_store()))
    assert stranger.post(f"{place}/open", {}).status_code == 404
    assert stranger.get(f"uploads/{file_id}").status_code == 404
    assert stranger.delete(f"uploads/{file_id}").status_code == 404
    other = calls.post("uploads", body).json()["file"]["id"]
    assert calls.delete(f"uploads/{other}").status_code == 204
    assert not StoredFile.objects.filter(pk=other).exists()


class Yard:
    def __init__(self) -> None:
        self.sender, self.receiver = make_store(), make_store()
        self.manager = make_staff("store_manager", self.sender)
        self.asker = make_staff("sales_advisor", self.receiver)
        self.unit = make_unit(self.sender, cost=123_456)

    def request(self):
        return request_transfer(
            stock_unit_ids=[self.unit.pk],
            to_store_id=self.receiver.pk,
            reason=TransferReason.BALANCING,
            actor=actor_of(self.asker),
        )


def test_facts_are_hidden_from_those_without_the_right_to_see_them(group, caller, client_of):
    yard = Yard()
    condition = "cost > 100000"
    make_flow(KIND, [Step(right="vehicles.approve_transfer", condition=condition)])
    approval = yard.request().approval

    def seen(person) -> dict:
        facts = caller(group, person).get(f"approvals/{approval.pk}").json()["facts"]
        return {fact["name"]: (fact["value"], fact["is_hidden"]) for fact in facts}

    page = f"/approvals/{approval.pk}/"
    assert seen(yard.manager)["cost"] == ("123456.00", False)
    assert "123,456" in client_of(group, yard.manager.user).get(page).content.decode()
    RolePermission.objects.filter(permission="vehicles.see_cost").delete()
    assert seen(yard.manager)["cost"] == (None, True)
    assert seen(yard.manager)["unit_count"] == ("1", False)
    assert "123,456" not in client_of(group, yard.manager.user).get(page).content.decode()


def test_what_waits_by_a_default_rule_is_in_the_inbox_of_those_who_may_decide(
    group, caller, client_of
):
    yard = Yard()
    transfer = yard.request()

    waiting = caller(group, yard.manager).get("approvals/waiting-subjects").json()["data"]
    assert [(row["kind"], row["subject_id"]) for row in waiting] == [(KIND, str(transfer.pk))]
    inbox = client_of(group, yard.manager.user).get("/approvals/").content.decode()
    assert transfer.number in inbox
    for other in (yard.asker, make_staff("store_manager", yard.receiver)):
        assert caller(group, other).get("approvals/waiting-subjects").json()["data"] == []
