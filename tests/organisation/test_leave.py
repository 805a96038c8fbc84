from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from apps.organisation import actions, hooks
from apps.organisation.errors import LastOwner, SuccessorNeeded, TransitionNotAllowed
from apps.organisation.events import StaffLeft
from apps.organisation.models import Role, StaffMember, Store
from forecourt.accounts.actions import issue_api_token
from forecourt.accounts.models import ApiToken
from forecourt.kernel import events
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.outbox import deliver_due
from tests.factories.organisation import actor_of, make_staff, make_store

ClientOf = Callable[..., Client]


@pytest.fixture
def store(group: GroupIdentity) -> Store:
    return make_store()


@pytest.fixture
def owner(group: GroupIdentity) -> StaffMember:
    return make_staff("group_owner")


@pytest.fixture
def moved(monkeypatch) -> list[tuple[int, int]]:
    """A module above, where everybody owns two things."""
    moved: list[tuple[int, int]] = []

    def hand_over(from_id: int, to_id: int, _actor: Actor) -> int:
        moved.append((from_id, to_id))
        return 2

    handover = hooks.Handover("things", "东西", lambda _staff_id: 2, hand_over)
    monkeypatch.setattr(hooks, "_handovers", {"things": handover})
    return moved


@pytest.fixture
def nothing_owned(monkeypatch) -> None:
    monkeypatch.setattr(hooks, "_handovers", {})


def test_a_leaver_s_things_go_to_the_successor(
    owner: StaffMember,
    store: Store,
    moved: list,
    monkeypatch,
) -> None:
    heard: list[StaffLeft] = []
    monkeypatch.setitem(events._listeners, StaffLeft, [heard.append])
    leaver, successor = make_staff("sales_manager", store), make_staff("sales_advisor", store)
    report = make_staff("sales_advisor", store, manager=leaver)

    actions.leave_staff(staff_id=leaver.pk, successor_id=successor.pk, actor=actor_of(owner))

    leaver.refresh_from_db()
    report.refresh_from_db()
    assert leaver.state == "LEFT"
    assert leaver.left_date is not None
    assert moved == [(leaver.pk, successor.pk)]
    assert report.manager_id == successor.pk
    assert heard == [StaffLeft(leaver.pk, successor.pk)]
    assert AuditEntry.objects.get(action="left").changes["handed_over"] == {
        "things": 2,
        "reports": 1,
    }


def test_a_successor_from_below_steps_up_without_a_circle(
    owner: StaffMember, store: Store, nothing_owned: None
) -> None:
    top = make_staff("store_manager", store)
    leaver = make_staff("sales_manager", store, manager=top)
    between = make_staff("sales_advisor", store, manager=leaver)
    successor = make_staff("sales_advisor", store, manager=between)

    actions.leave_staff(staff_id=leaver.pk, successor_id=successor.pk, actor=actor_of(owner))

    successor.refresh_from_db()
    between.refresh_from_db()
    assert successor.manager_id == top.pk
    assert between.manager_id == successor.pk


def test_sessions_and_tokens_end_at_once(
    group: GroupIdentity,
    client_of: ClientOf,
    owner: StaffMember,
    store: Store,
    nothing_owned: None,
) -> None:
    leaver = make_staff("store_manager", store)
    client = client_of(group, leaver.user)
    issue_api_token(name="erp", scopes=[], expires_at=None, actor=actor_of(leaver))
    before = client.get("/accounts/profile/").status_code

    actions.leave_staff(staff_id=leaver.pk, actor=actor_of(owner))

    assert before == 200
    assert client.get("/accounts/profile/").status_code == 302
    assert not ApiToken.objects.usable().exists()


def test_whoever_has_something_needs_a_successor(
    owner: StaffMember, store: Store, moved: list
) -> None:
    leaver = make_staff("sales_advisor", store)

    with pytest.raises(SuccessorNeeded):
        actions.leave_staff(staff_id=leaver.pk, actor=actor_of(owner))

    leaver.refresh_from_db()
    assert leaver.state == "ACTIVE"
    assert moved == []


def test_a_successor_works_here_and_is_somebody_else(
    owner: StaffMember, store: Store, moved: list
) -> None:
    leaver = make_staff("sales_advisor", store)
    gone = make_staff("sales_advisor", store, state=StaffMember.State.LEFT)

    for successor in (gone, leaver):
        with pytest.raises(Invalid):
            actions.leave_staff(
                staff_id=leaver.pk, successor_id=successor.pk, actor=actor_of(owner)
            )

    assert moved == []


def test_a_failed_handover_takes_everything_back(
    owner: StaffMember,
    store: Store,
    monkeypatch,
) -> None:
    def fail(*_arguments: object) -> int:
        raise RuntimeError("the module above cannot")

    monkeypatch.setattr(
        hooks, "_handovers", {"things": hooks.Handover("things", "东西", lambda _id: 1, fail)}
    )
    leaver, successor = make_staff("sales_advisor", store), make_staff("sales_advisor", store)

    with pytest.raises(RuntimeError):
        actions.leave_staff(staff_id=leaver.pk, successor_id=successor.pk, actor=actor_of(owner))

    leaver.refresh_from_db()
    assert leaver.state == "ACTIVE"
    assert leaver.user.is_active


def test_nobody_leaves_twice(owner: StaffMember, store: Store, nothing_owned: None) -> None:
    leaver = make_staff("sales_advisor", store)
    actions.leave_staff(staff_id=leaver.pk, actor=actor_of(owner))

    with pytest.raises(TransitionNotAllowed):
        actions.leave_staff(staff_id=leaver.pk, actor=actor_of(owner))


def test_somebody_of_another_store_is_not_found(store: Store, nothing_owned: None) -> None:
    stranger = make_staff("sales_advisor", make_store())

    with pytest.raises(NotFound):
        actions.leave_staff(
            staff_id=stranger.pk, actor=actor_of(make_staff("store_manager", store))
        )


def test_the_last_owner_stays_owner(owner: StaffMember, nothing_owned: None) -> None:
    actor = actor_of(owner)
    headquarters = Role.objects.get(code="headquarters")

    with pytest.raises(LastOwner):
        actions.leave_staff(staff_id=owner.pk, actor=actor)
    with pytest.raises(LastOwner):
        actions.change_roles(staff_id=owner.pk, role_ids=[headquarters.pk], actor=actor)

    owner.refresh_from_db()
    assert owner.state == "ACTIVE"
    assert [role.code for role in owner.roles.all()] == ["group_owner"]


def test_with_a_second_owner_the_first_may_go(owner: StaffMember, nothing_owned: None) -> None:
    make_staff("group_owner")

    actions.leave_staff(staff_id=owner.pk, actor=actor_of(owner))

    owner.refresh_from_db()
    assert owner.state == "LEFT"


def test_a_suspended_owner_does_not_count(owner: StaffMember, nothing_owned: None) -> None:
    other = make_staff("group_owner")
    actions.suspend_staff(staff_id=other.pk, actor=actor_of(owner))

    with pytest.raises(LastOwner):
        actions.leave_staff(staff_id=owner.pk, actor=actor_of(owner))


def test_suspending_shuts_out_and_resuming_lets_in(
    group: GroupIdentity, client_of: ClientOf, owner: StaffMember, store: Store
) -> None:
    advisor = make_staff("sales_advisor", store)
    client = client_of(group, advisor.user)

    actions.suspend_staff(staff_id=advisor.pk, actor=actor_of(owner))
    shut = client.get("/accounts/profile/").status_code
    actions.resume_staff(staff_id=advisor.pk, actor=actor_of(owner))
    advisor.user.refresh_from_db()

    assert shut == 302
    assert advisor.user.is_active
    assert client_of(group, advisor.user).get("/accounts/profile/").status_code == 200


def test_nobody_suspends_herself(owner: StaffMember) -> None:
    make_staff("group_owner")

    with pytest.raises(Invalid):
        actions.suspend_staff(staff_id=owner.pk, actor=actor_of(owner))

    owner.refresh_from_db()
    assert owner.state == "ACTIVE"


def test_whoever_left_comes_back_by_a_new_invitation(
    group: GroupIdentity, owner: StaffMember, store: Store, nothing_owned: None
) -> None:
    leaver = make_staff("sales_advisor", store)
    actions.leave_staff(staff_id=leaver.pk, actor=actor_of(owner))

    actions.resend_invitation(staff_id=leaver.pk, actor=actor_of(owner))
    deliver_due(schema_name=group.schema_name)
    token = mail.outbox[-1].body.split("/invitations/")[1].split("/")[0]
    actions.accept_invitation(token=token, name=leaver.name, password="four-good-words")

    leaver.refresh_from_db()
    assert (leaver.state, leaver.left_date) == ("ACTIVE", None)
    assert leaver.user.is_active
    assert leaver.user.check_password("four-good-words")
