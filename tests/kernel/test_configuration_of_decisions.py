"""Flows, kinds of request, the logo and shared views in the configuration file."""

import base64
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict

from apps.approvals.actions.flows import add_flow, discard_flow
from apps.approvals.models import ApprovalFlow, FlowVersion, RequestKind
from apps.approvals.queries.kinds import forget_own_kinds
from apps.approvals.rules.steps import Step
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.configuration import document
from forecourt.kernel.configuration.actions import export_config, import_config, plan_config
from forecourt.kernel.group_settings import reset_setting
from forecourt.kernel.groups import inside
from forecourt.kernel.models import SavedView
from forecourt.ui import branding
from forecourt.ui.lists.saved import save_view
from tests.factories.approvals import Desk, make_flow, make_request_kind
from tests.factories.organisation import actor_of, make_region, make_staff, make_store

SYSTEM = system_actor("test")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def owner(group) -> Actor:
    return actor_of(make_staff("group_owner"))


def fill() -> None:
    store = make_store(code="SH01", region=make_region(name_zh="华东"))
    advisor = make_staff("sales_advisor", store, email="li@alpha.example")
    seal = make_request_kind(code="seal", name_zh="用章", name_en="Seal")
    make_flow(
        seal.kind,
        [
            Step(
                name_zh="店长",
                roles=("store_manager",),
                person_ids=(advisor.pk,),
                condition=f"amount > 5000 and submitter != '{advisor.pk}' and store == 'SH01'",
                limit_count=8,
                escalation="PERSON",
                escalate_person_id=advisor.pk,
            ),
            Step(right="vehicles.approve_transfer", decides_up_to=None),
        ],
        store=store,
        on_return="CONTINUE",
    )
    make_flow(seal.kind, [Step(manager_levels=1)], is_published=False, region=store.region)
    branding.change_logo(content=PNG, actor=SYSTEM)
    for name, shared in (("上海待跟进", True), ("mine", False)):
        save_view(
            list_name="crm.leads",
            name=name,
            query=QueryDict(f"store={store.pk}&state=NEW&state=ASSIGNED&sort=-received_at"),
            is_shared=shared,
            actor=actor_of(advisor),
        )


def wipe() -> None:
    FlowVersion.objects.all().delete()
    ApprovalFlow.objects.all().delete()
    RequestKind.objects.all().delete()
    forget_own_kinds()
    reset_setting(key=branding.LOGO, actor=SYSTEM)
    SavedView.objects.filter(is_shared=True).delete()


def parts_of(text: str) -> dict:
    return document.read(text).parts


def test_what_is_wiped_comes_back_from_the_file_word_for_word(owner):
    fill()
    before = export_config(actor=owner)
    wipe()
    assert export_config(actor=owner) != before

    import_config(before, actor=owner)

    assert export_config(actor=owner) == before
    with default_storage.open(f"{branding.FOLDER}/{branding.value_of(branding.LOGO)}") as file:
        assert file.read().startswith(b"\x89PNG")
    view = SavedView.objects.get(name="上海待跟进")
    assert view.query["state"] == ["NEW", "ASSIGNED"]
    assert SavedView.objects.filter(name="mine").exists()
    assert import_config(before, actor=owner).version is None


def test_nothing_in_the_file_is_an_id(owner):
    fill()

    parts = parts_of(export_config(actor=owner))

    [(key, flow)] = [
        pair for pair in parts["approval_flows"]["request.seal"].items() if "SH01" in pair[0]
    ]
    assert key == "store SH01"
    step = flow["published"]["steps"][0]
    assert step["people"] == ["li@alpha.example"]
    assert step["escalate_person"] == "li@alpha.example"
    assert "submitter != 'li@alpha.example'" in step["condition"]
    views = parts["shared_views"]["crm.leads"]["li@alpha.example"]
    assert views == {
        "上海待跟进": {"sort": ["-received_at"], "state": ["NEW", "ASSIGNED"], "store": ["SH01"]}
    }


def test_a_dry_run_elsewhere_shows_what_would_come_and_what_is_missing(owner, other_group):
    fill()
    text = export_config(actor=owner)
    with inside(other_group):
        for part in ("approval_flows", "shared_views"):
            wanted = {part: parts_of(text)[part], "request_kinds": parts_of(text)["request_kinds"]}
            places = {
                problem.place[0]
                for problem in plan_config(document.write(wanted), actor=SYSTEM).problems
            }
            assert places == {part}
        make_store(code="SH01", region=make_region(name_zh="华东"))
        make_staff("sales_advisor", email="li@alpha.example")

        plan = plan_config(text, actor=SYSTEM)

        assert plan.problems == []
        assert {"approval_flows", "request_kinds", "logo", "shared_views"} <= plan.counts().keys()
        assert not RequestKind.objects.filter(code="seal").exists()
        import_config(text, actor=SYSTEM)
        assert export_config(actor=SYSTEM) == text


def _rename(parts: dict) -> None:
    parts["approval_flows"]["request.seal"]["store SH01"]["name_zh"] = "新名"


def test_a_renamed_flow_stays_the_same_flow(owner):
    fill()
    flow = ApprovalFlow.objects.get(kind="request.seal", store__code="SH01")
    parts = parts_of(export_config(actor=owner))
    _rename(parts)

    import_config(document.write(parts), actor=owner)

    renamed = ApprovalFlow.objects.get(pk=flow.pk)
    assert renamed.name_zh == "新名"
    assert renamed.versions.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda step: step.update(condition="().__class__"), "condition"),
        (lambda step: step.update(condition="ghost > 1"), "condition"),
        (lambda step: step.update(people=["nobody@alpha.example"]), "people"),
        (lambda step: step.update(roles=["ghost"]), "roles"),
        (lambda step: step.update(limit_count="many"), "limit_count"),
        (lambda step: step.update(fly=True), "fly"),
    ],
)
def test_a_step_that_makes_no_sense_refuses_the_file(owner, change: Callable, said: str):
    fill()
    parts = parts_of(export_config(actor=owner))
    change(parts["approval_flows"]["request.seal"]["store SH01"]["published"]["steps"][0])
    before = export_config(actor=owner)

    plan = plan_config(document.write(parts), actor=owner)

    assert any(said in problem.place for problem in plan.problems), plan.problems
    assert export_config(actor=owner) == before


def test_a_flow_that_the_file_leaves_out_is_discarded_and_its_requests_go_on(owner):
    desk = Desk(Step(roles=("sales_manager",)))
    request = desk.submit()
    parts = parts_of(export_config(actor=owner))
    del parts["approval_flows"][desk.kind.kind]

    import_config(document.write(parts), actor=owner)

    request.refresh_from_db()
    assert request.is_pending
    assert desk.kind.kind not in parts_of(export_config(actor=owner))["approval_flows"]


def test_a_discarded_flow_is_begun_anew_and_not_twice(owner):
    desk = Desk(Step(roles=("sales_manager",)))
    discard_flow(flow_id=desk.flow.pk, actor=owner)

    again = add_flow(kind=desk.kind.kind, name_zh="重来", actor=owner)

    assert again.pk == desk.flow.pk


@pytest.mark.parametrize("line", ["====", "aGVsbG8="])
def test_a_logo_that_is_no_picture_refuses_the_file(owner, line: str):
    parts = parts_of(export_config(actor=owner))
    parts["logo"] = [line]

    plan = plan_config(document.write(parts), actor=owner)

    assert {problem.place[0] for problem in plan.problems} == {"logo"}
