import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client

from apps.organisation import actions
from apps.organisation.errors import AddressInUse, BeyondOwnRights, InvitationVoid
from apps.organisation.models import Invitation, Role, StaffMember, Store
from forecourt.accounts.errors import EmailTaken, WeakPassword
from forecourt.accounts.models import User
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, OutboxMessage
from forecourt.kernel.outbox import deliver_due
from tests.factories.organisation import actor_of, make_staff, make_store

ClientOf = Callable[..., Client]


@pytest.fixture
def store(group: GroupIdentity) -> Store:
    return make_store()


@pytest.fixture
def hq(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


def role_ids(*codes: str) -> list[int]:
    return list(Role.objects.filter(code__in=codes).values_list("pk", flat=True))


def invite(actor: Actor, store: Store | None, **fields: object) -> StaffMember:
    values = {
        "name": "陈新",
        "email": "chen@test.example",
        "role_ids": role_ids("sales_advisor"),
        "home_store_id": store.pk if store else None,
    }
    return actions.invite_staff(**{**values, "actor": actor, **fields})


def link_mailed(group: GroupIdentity) -> str:
    deliver_due(schema_name=group.schema_name)
    found = re.search(r"http://[^/]+(/organisation/invitations/(\S+)/)", mail.outbox[-1].body)
    assert found
    return found.group(2)


def test_the_link_lets_the_person_set_a_password_and_signs_her_in(
    group: GroupIdentity, client_of: ClientOf, hq: Actor, store: Store
) -> None:
    staff = invite(hq, store)
    token = link_mailed(group)
    client = client_of(group)

    page = client.get(f"/organisation/invitations/{token}/")
    answer = client.post(
        f"/organisation/invitations/{token}/", {"name": "陈新新", "password": "four-good-words"}
    )

    staff.refresh_from_db()
    assert page.status_code == 200
    assert answer.status_code == 302
    assert (staff.state, staff.name) == ("ACTIVE", "陈新新")
    assert staff.user.check_password("four-good-words")
    assert client.get("/accounts/profile/").status_code == 200
    assert AuditEntry.objects.filter(action="joined", actor_id=staff.pk).exists()


def test_only_a_digest_of_the_link_is_kept(group: GroupIdentity, hq: Actor, store: Store) -> None:
    invite(hq, store)
    sealed = str(OutboxMessage.objects.get(topic="accounts.mail").payload)
    token = link_mailed(group)

    assert token not in sealed
    assert Invitation.objects.get().digest == Invitation.digest_of(token)
    assert mail.outbox[-1].to == ["chen@test.example"]


def test_a_link_is_good_once(group: GroupIdentity, hq: Actor, store: Store) -> None:
    invite(hq, store)
    token = link_mailed(group)
    actions.accept_invitation(token=token, name="陈新", password="four-good-words")

    with pytest.raises(InvitationVoid):
        actions.accept_invitation(token=token, name="别人", password="other-good-words")

    assert User.objects.get(email="chen@test.example").check_password("four-good-words")


def test_a_link_is_too_old_after_seven_days(
    group: GroupIdentity, client_of: ClientOf, hq: Actor, store: Store
) -> None:
    invite(hq, store)
    token = link_mailed(group)

    with time_machine.travel(now() + timedelta(days=7, seconds=1)):
        page = client_of(group).get(f"/organisation/invitations/{token}/")
        with pytest.raises(InvitationVoid):
            actions.accept_invitation(token=token, name="陈新", password="four-good-words")

    assert page.status_code == 410
    assert not User.objects.filter(email="chen@test.example").exists()


def test_a_new_link_makes_the_old_one_worthless(
    group: GroupIdentity, hq: Actor, store: Store
) -> None:
    staff = invite(hq, store)
    old = link_mailed(group)
    actions.resend_invitation(staff_id=staff.pk, actor=hq)
    new = link_mailed(group)

    with pytest.raises(InvitationVoid):
        actions.accept_invitation(token=old, name="陈新", password="four-good-words")
    actions.accept_invitation(token=new, name="陈新", password="four-good-words")

    staff.refresh_from_db()
    assert staff.state == "ACTIVE"


def test_a_revoked_link_is_worthless(group: GroupIdentity, hq: Actor, store: Store) -> None:
    staff = invite(hq, store)
    token = link_mailed(group)

    actions.revoke_invitation(staff_id=staff.pk, actor=hq)

    with pytest.raises(InvitationVoid):
        actions.accept_invitation(token=token, name="陈新", password="four-good-words")
    with pytest.raises(Invalid):
        actions.revoke_invitation(staff_id=staff.pk, actor=hq)
    staff.refresh_from_db()
    assert staff.state == "INVITED"


def test_a_changed_address_makes_the_open_link_worthless(
    group: GroupIdentity, hq: Actor, store: Store
) -> None:
    staff = invite(hq, store)
    token = link_mailed(group)

    actions.edit_staff(
        staff_id=staff.pk,
        name="陈新",
        email="chen.new@test.example",
        home_store_id=store.pk,
        actor=hq,
    )

    with pytest.raises(InvitationVoid):
        actions.accept_invitation(token=token, name="陈新", password="four-good-words")


def test_a_link_of_one_group_is_worthless_in_another(
    group: GroupIdentity,
    other_group: GroupIdentity,
    client_of: ClientOf,
    hq: Actor,
    store: Store,
) -> None:
    invite(hq, store)
    token = link_mailed(group)

    answer = client_of(other_group).get(f"/organisation/invitations/{token}/")

    assert answer.status_code == 410
    with inside(other_group), pytest.raises(InvitationVoid):
        actions.accept_invitation(token=token, name="陈新", password="four-good-words")


def test_a_weak_password_is_refused_and_the_link_stays_good(
    group: GroupIdentity, hq: Actor, store: Store
) -> None:
    staff = invite(hq, store)
    token = link_mailed(group)

    with pytest.raises(WeakPassword) as refusal:
        actions.accept_invitation(token=token, name="陈新", password="12345678")

    staff.refresh_from_db()
    assert refusal.value.field == "password"
    assert staff.state == "INVITED"
    actions.accept_invitation(token=token, name="陈新", password="four-good-words")


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", " ", Invalid),
        ("mobile", "12", Invalid),
        ("role_ids", [], Invalid),
        ("role_ids", [999_999], Invalid),
        ("home_store_id", 999_999, Invalid),
        ("store_ids", [999_999], Invalid),
        ("position_id", 999_999, Invalid),
        ("manager_id", 999_999, Invalid),
    ],
)
def test_a_wrong_value_is_refused(
    hq: Actor, store: Store, field: str, value: object, error: type[Exception]
) -> None:
    before = StaffMember.objects.count()

    with pytest.raises(error):
        invite(hq, store, **{field: value})

    assert StaffMember.objects.count() == before
    assert not Invitation.objects.exists()


def test_an_address_belongs_to_one_person(hq: Actor, store: Store) -> None:
    make_staff(store=store, email="chen@test.example", mobile="+8613812345678")

    with pytest.raises(AddressInUse):
        invite(hq, store, email="CHEN@test.example")
    with pytest.raises(AddressInUse):
        invite(hq, store, email="other@test.example", mobile="138 1234 5678")

    assert not Invitation.objects.exists()


def test_an_address_of_an_account_without_a_person_is_taken_too(hq: Actor, store: Store) -> None:
    User.objects.create_user("chen@test.example", "four-good-words", name="影子")

    with pytest.raises(EmailTaken):
        invite(hq, store)


def test_a_store_manager_invites_into_her_store(group: GroupIdentity, store: Store) -> None:
    staff = invite(actor_of(make_staff("store_manager", store)), store)

    assert staff.home_store_id == store.pk


def test_a_store_manager_invites_into_no_other_store(group: GroupIdentity, store: Store) -> None:
    manager = actor_of(make_staff("store_manager", store))
    other = make_store()

    with pytest.raises(NotPermitted):
        invite(manager, other)
    with pytest.raises(NotPermitted):
        invite(manager, store, store_ids=[other.pk])
    with pytest.raises(NotPermitted):
        invite(manager, None)

    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "role", ["group_owner", "headquarters", "group_finance", "region_manager", "auditor"]
)
def test_a_store_manager_gives_no_role_of_headquarters(
    group: GroupIdentity, store: Store, role: str
) -> None:
    manager = actor_of(make_staff("store_manager", store))

    with pytest.raises(BeyondOwnRights):
        invite(manager, store, role_ids=role_ids("sales_advisor", role))

    assert not Invitation.objects.exists()


def test_headquarters_makes_no_owner(group: GroupIdentity) -> None:
    with pytest.raises(BeyondOwnRights):
        invite(actor_of(make_staff("headquarters")), None, role_ids=role_ids("group_owner"))

    assert not Invitation.objects.exists()


def test_an_advisor_invites_nobody(group: GroupIdentity, store: Store) -> None:
    with pytest.raises(NotPermitted):
        invite(actor_of(make_staff("sales_advisor", store)), store)

    assert not Invitation.objects.exists()


def test_an_invitation_of_another_store_is_not_found(
    group: GroupIdentity, hq: Actor, store: Store
) -> None:
    staff = invite(hq, store)
    stranger = actor_of(make_staff("store_manager", make_store()))

    with pytest.raises(NotFound):
        actions.resend_invitation(staff_id=staff.pk, actor=stranger)
    with pytest.raises(NotFound):
        actions.revoke_invitation(staff_id=staff.pk, actor=stranger)

    assert Invitation.objects.filter(revoked_at__isnull=True).count() == 1
