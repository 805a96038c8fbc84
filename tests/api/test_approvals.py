"""Approvals over the API: files, facts, and what waits without a flow."""

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.approvals.rules.steps import Step
from apps.organisation.models import RolePermission
from apps.vehicles.actions import request_transfer
from apps.vehicles.approval_kinds import KIND
from apps.vehicles.rules.states import TransferReason
from tests.factories.approvals import Desk, make_flow
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

PDF = b"%PDF-1.7 offer"


def _attach(calls, approval_id: int, name: str = "报价.pdf", content: bytes = PDF, **headers: str):
    return calls._at_home(
        calls.client.post,
        f"/api/v1/approvals/{approval_id}/attachments",
        {"file": SimpleUploadedFile(name, content)},
        headers=calls._all(headers),
    )


def test_a_file_is_added_listed_and_fetched(group, caller):
    desk = Desk(Step(roles=("sales_manager",)))
    request = desk.submit()
    calls = caller(group, desk.sales)

    made = _attach(calls, request.pk, Idempotency_Key="once")
    assert made.status_code == 201, made.content
    assert _attach(calls, request.pk, Idempotency_Key="once").json() == made.json()

    listed = calls.get(f"approvals/{request.pk}/attachments").json()["data"]
    assert [row["file_name"] for row in listed] == ["报价.pdf"]
    file = calls.get(f"approvals/{request.pk}/attachments/{listed[0]['id']}")
    assert b"".join(file.streaming_content) == PDF
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Content-Type"] == "application/octet-stream"


def test_a_file_that_is_none_of_the_kinds_is_refused_and_strangers_find_nothing(group, caller):
    desk = Desk(Step(roles=("sales_manager",)))
    request = desk.submit()
    stranger = caller(group, make_staff("sales_advisor", make_store()))

    refused = _attach(caller(group, desk.sales), request.pk, "page.html", b"<script>")
    assert (refused.status_code, refused.json()["field"]) == (422, "file")
    assert _attach(stranger, request.pk).status_code == 404
    assert stranger.get(f"approvals/{request.pk}/attachments").status_code == 404
    assert not request.acts.filter(kind="ATTACHED").exists()


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
