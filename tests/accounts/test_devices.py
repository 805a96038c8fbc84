from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from tests.accounts.conftest import PASSWORD
from tests.factories.organisation import make_staff, make_store

ClientOf = Callable[..., Client]
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"


def sign_in(client: Client, **headers: str) -> Client:
    client.post(
        "/accounts/login/", {"login": "lin@test.example", "password": PASSWORD}, headers=headers
    )
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


def test_devices_are_listed_this_one_first(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    here = sign_in(client_of(group))
    sign_in(client_of(group), **{"user-agent": PHONE})

    devices = here.get("/accounts/devices/").context["devices"]

    assert [device.is_current for device in devices] == [True, False]
    assert (devices[1].browser.name, devices[1].browser.system) == ("Safari", "iPhone")


def test_another_device_is_signed_out_at_once(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    here, lost = sign_in(client_of(group)), sign_in(client_of(group))
    device = here.get("/accounts/devices/").context["devices"][1]

    here.post(f"/accounts/devices/{device.id}/end/")

    assert is_signed_in(here)
    assert not is_signed_in(lost)
    assert AuditEntry.objects.filter(action="device_signed_out", actor_id=advisor.pk).exists()


def test_all_others_go_at_once(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    here, *others = (sign_in(client_of(group)) for _number in range(3))

    here.post("/accounts/devices/others/end/")

    assert is_signed_in(here)
    assert not any(is_signed_in(other) for other in others)


def test_somebody_else_s_device_is_not_to_be_found(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    theirs = sign_in(client_of(group))
    device = UserSession.objects.get()
    stranger = client_of(group, make_staff(store=make_store()).user)

    answer = stranger.post(f"/accounts/devices/{device.pk}/end/")

    assert answer.status_code == 404
    assert is_signed_in(theirs)
