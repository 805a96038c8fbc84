"""The guided start: each step, skipping, and sample data that leaves again."""

from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.db import connections
from django.test import Client

from apps.organisation.models import GroupSettings, LegalEntity, StaffMember, Store
from apps.organisation.start import actions
from apps.organisation.start.queries import list_steps
from forecourt.kernel import sample, seals, verify
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, NotPermitted
from forecourt.kernel.groups import GroupIdentity, current_schema, inside_alias
from forecourt.kernel.models import AuditEntry, Job, SampleRow
from forecourt.kernel.seals import removals
from tests.factories.organisation import actor_of, make_staff, make_store


def _states() -> dict[str, str]:
    return {step.code: step.state for step in list_steps()}


@pytest.fixture
def owner(group: GroupIdentity) -> StaffMember:
    return make_staff("group_owner", name="Owner")


def test_the_first_store_comes_with_its_company(
    group: GroupIdentity, owner: StaffMember, client_of: Callable[..., Client]
) -> None:
    browser = client_of(group, owner.user)
    assert _states()["store"] == "open"

    answer = browser.post(
        "/start/store/",
        {
            "company_name": "旭日汽车销售有限公司",
            "name_zh": "旭日一店",
            "code": "xr01",
            "brand_names": "比亚迪，大众",
        },
    )

    assert (answer.status_code, answer.url) == (302, "/start/people/")
    store = Store.objects.get()
    assert (store.code, store.brand_names) == ("XR01", ["比亚迪", "大众"])
    assert store.legal_entity.name_zh == "旭日汽车销售有限公司"
    assert _states()["store"] == "done"


def test_a_refused_store_leaves_no_company(
    group: GroupIdentity, owner: StaffMember, client_of: Callable[..., Client]
) -> None:
    make_store(code="XR01")
    companies = LegalEntity.objects.count()

    answer = client_of(group, owner.user).post(
        "/start/store/", {"company_name": "旭日公司", "name_zh": "旭日一店", "code": "XR01"}
    )

    assert answer.status_code == 422
    assert 'id="id_code_error"' in answer.content.decode()
    assert LegalEntity.objects.count() == companies


def test_people_are_invited_by_mail(
    group: GroupIdentity,
    owner: StaffMember,
    client_of: Callable[..., Client],
    django_capture_on_commit_callbacks: Callable,
) -> None:
    from apps.organisation.models import Role

    store = make_store()
    role = Role.objects.get(code="store_manager")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(group, owner.user).post(
            "/start/people/",
            {
                "name": "王芳",
                "email": "wang@x.example",
                "role_id": role.pk,
                "home_store_id": store.pk,
            },
        )

    assert answer.status_code == 302
    person = StaffMember.objects.get(email="wang@x.example")
    assert (person.state, person.home_store) == ("INVITED", store)
    assert mail.outbox[-1].to == ["wang@x.example"]
    assert _states()["people"] == "done"


def test_steps_can_be_skipped_and_returned_to(
    group: GroupIdentity, owner: StaffMember, client_of: Callable[..., Client]
) -> None:
    browser = client_of(group, owner.user)

    for step, url in (("store", "/start/people/"), ("people", "/start/data/")):
        assert browser.post(f"/start/skip/{step}/").url == url
    assert browser.post("/start/data/", {"choice": "empty"}).url == "/"

    assert _states() == {"store": "skipped", "people": "skipped", "data": "done"}
    assert GroupSettings.objects.get().setup_state["store"] == "skipped"
    for path in ("/start/", "/start/store/", "/start/people/", "/start/data/"):
        assert browser.get(path).status_code == 200
    make_store()
    assert _states()["store"] == "done"
    assert browser.post("/start/skip/nothing/").status_code == 422


@pytest.mark.parametrize("path", ["", "store/", "people/", "data/"])
def test_the_start_is_the_owners(
    group: GroupIdentity, client_of: Callable[..., Client], path: str
) -> None:
    adviser = make_staff("sales_advisor", store=make_store())

    assert client_of(group, adviser.user).get(f"/start/{path}").status_code == 403
    assert client_of(group).get(f"/start/{path}").status_code == 302
    with pytest.raises(NotPermitted):
        actions.load_sample(actor=actor_of(adviser))
    assert not Job.objects.exists()


# --- Sample data --------------------------------------------------------------------------------


@pytest.fixture
def boss(live_group: GroupIdentity) -> Iterator[Actor]:
    """The owner of a group whose rows are committed: sample data has transactions of its own."""
    yield actor_of(make_staff("group_owner", name="Owner"))


def _problems() -> list[str]:
    return [str(problem) for _name, found in verify.run_checks() for problem in found]


def test_sample_data_comes_and_goes_without_a_trace(boss: Actor) -> None:
    before = _rows()

    actions.load_sample(actor=boss)

    loaded = sample.last_job()
    assert (loaded.state, loaded.error) == ("DONE", "")
    assert Store.objects.filter(name_zh__startswith="示例").count() == 2
    assert _problems() == []
    with pytest.raises(Conflict):
        actions.load_sample(actor=boss)

    seals.seal_entries()
    actions.remove_sample(actor=boss)

    removed = sample.last_job()
    assert (removed.state, removed.error, removed.result["kept"]) == ("DONE", "", 0)
    assert not SampleRow.objects.exists()
    assert _rows() == before
    assert _problems() == []
    with pytest.raises(Conflict):
        actions.remove_sample(actor=boss)


def test_the_sealed_log_stays_provable_when_sample_data_leaves(boss: Actor) -> None:
    actions.load_sample(actor=boss)
    seals.seal_entries()
    count = AuditEntry.objects.count()
    real = AuditEntry.objects.filter(action=removals.LOADED).first()
    actions.remove_sample(actor=boss)
    seals.seal_entries()

    found = seals.examine()
    assert (found.faults, found.unsealed) == ([], 0)
    assert found.removed >= count // 2

    with (
        inside_alias("owner", current_schema()),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("DELETE FROM kernel_auditentry WHERE id = %s", [real.pk])
    first = seals.examine().first
    assert first is not None, "the removal covers nothing but sample data's own entries"


def test_what_own_work_depends_on_stays_and_is_named(boss: Actor) -> None:
    actions.load_sample(actor=boss)
    store = Store.objects.get(name_zh="示例一店")
    mine = make_staff("sales_advisor", store=store, name="My own adviser")

    actions.remove_sample(actor=boss)

    job = sample.last_job()
    assert job.state == "DONE"
    assert Store.objects.filter(name_zh__startswith="示例").get() == store
    assert StaffMember.objects.filter(pk=mine.pk).exists()
    assert LegalEntity.objects.filter(pk=store.legal_entity_id).exists()
    assert any("示例一店" in name or "Sample store 1" in name for name in job.result["kept_names"])
    assert not StaffMember.objects.filter(email__endswith="@sample.example").exists()

    StaffMember.objects.filter(pk=mine.pk).update(home_store=None)
    actions.remove_sample(actor=boss)
    assert not Store.objects.filter(name_zh__startswith="示例").exists()


def test_rows_of_others_made_meanwhile_are_not_taken_for_samples(
    boss: Actor, monkeypatch: pytest.MonkeyPatch, django_db_blocker: object
) -> None:
    from tests.tenancy.conftest import at_once

    def with_a_colleague(making: sample.Making) -> None:
        from forecourt.kernel.groups import current_group, inside

        group = current_group()

        def colleague() -> None:
            with inside(group):
                make_store(code="REAL1", name_zh="真店")

        at_once(colleague)
        make_store(code="SAMPLE1", name_zh="示例")

    monkeypatch.setattr(sample, "_makers", [(1, "test", with_a_colleague)])
    actions.load_sample(actor=boss)
    actions.remove_sample(actor=boss)

    assert list(Store.objects.values_list("code", flat=True)) == ["REAL1"]


def test_a_failed_loading_can_be_taken_out(boss: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(making: sample.Making) -> None:
        make_store(code="SAMPLE1")

    def broken(making: sample.Making) -> None:
        make_store(code="SAMPLE2")
        raise ZeroDivisionError

    monkeypatch.setattr(sample, "_makers", [(1, "half", half), (2, "broken", broken)])
    actions.load_sample(actor=boss)
    assert sample.last_job().state == "FAILED"
    assert list(Store.objects.values_list("code", flat=True)) == ["SAMPLE1"]

    actions.remove_sample(actor=boss)

    assert not Store.objects.exists()


def _rows() -> dict[str, int]:
    """How many rows each table holds, the bookkeeping of the jobs left out."""
    return {
        model._meta.label: model._default_manager.count()
        for model in sample._models()
        if model is not AuditEntry
    } | {"audit of others": AuditEntry.objects.exclude(channel="sample").count()}
