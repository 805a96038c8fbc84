from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.organisation.models import StaffMember
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from tests.accounts.conftest import PASSWORD
from tests.factories.settings import decide

ClientOf = Callable[..., Client]
ADD_APP = "/accounts/2fa/app/add/"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))


def add_app(client: Client) -> str:
    """Add an authenticator app and answer its secret."""
    asked = client.get(ADD_APP)
    client.post(asked.headers["Location"], {"password": PASSWORD, "next": ADD_APP})
    secret = client.get(ADD_APP).context["form"].secret
    answer = client.post(ADD_APP, {"code": code_of(secret)})
    assert answer.status_code == 302
    return secret


def begin_sign_in(client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "lin@test.example", "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


@pytest.fixture
def demand(group: GroupIdentity, django_capture_on_commit_callbacks) -> Callable[[], None]:
    def switch_on() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            decide("organisation.requires_second_factor", True)

    return switch_on


def test_adding_a_factor_asks_for_the_password_first(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    answer = client_of(group, advisor.user).get(ADD_APP)

    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")


def test_the_secret_of_an_app_is_kept_encrypted(
    group: GroupIdentity,
    client_of: ClientOf,
    advisor: StaffMember,
    django_capture_on_commit_callbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        secret = add_app(client_of(group, advisor.user))

    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data)
    assert kept.wrap().validate_code(code_of(secret))
    assert AuditEntry.objects.filter(action="second_factor_added", actor_id=advisor.pk).exists()


def test_with_an_app_the_password_alone_does_not_sign_in(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    secret = add_app(client_of(group, advisor.user))
    cache.clear()
    client = client_of(group)

    begin_sign_in(client)
    before = is_signed_in(client)
    page = client.get("/accounts/2fa/authenticate/")
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert not before
    assert page.status_code == 200
    assert is_signed_in(client)


def test_a_code_is_good_once(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    secret = add_app(client_of(group, advisor.user))
    cache.clear()
    first, second = client_of(group), client_of(group)
    begin_sign_in(first)
    begin_sign_in(second)
    code = code_of(secret)

    first.post("/accounts/2fa/authenticate/", {"code": code})
    second.post("/accounts/2fa/authenticate/", {"code": code})

    assert is_signed_in(first)
    assert not is_signed_in(second)
    assert AuditEntry.objects.filter(action="second_factor_failed").exists()


def test_a_recovery_code_stands_in_once(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    owner = client_of(group, advisor.user)
    add_app(owner)
    page = owner.get("/accounts/2fa/recovery-codes/")
    code = page.context["unused_codes"][0]
    first, second = client_of(group), client_of(group)

    begin_sign_in(first)
    first.post("/accounts/2fa/authenticate/", {"code": code})
    begin_sign_in(second)
    second.post("/accounts/2fa/authenticate/", {"code": code})

    assert is_signed_in(first)
    assert not is_signed_in(second)


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/2fa/",
        "/accounts/2fa/passkeys/add/",
        "/accounts/2fa/app/remove/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/renew/",
        "/accounts/2fa/recovery-codes/file/",
    ],
)
def test_every_page_of_the_second_factor_opens(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, address: str
) -> None:
    client = client_of(group, advisor.user)
    add_app(client)

    assert client.get(address).status_code == 200


def test_where_the_group_demands_one_everything_leads_to_adding_it(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, demand: Callable[[], None]
) -> None:
    client = client_of(group, advisor.user)
    before = client.get("/accounts/devices/").status_code
    demand()

    page = client.get("/accounts/devices/")
    partial = client.get("/accounts/devices/", headers={"HX-Request": "true"})

    assert before == 200
    assert page.headers["Location"] == "/accounts/2fa/"
    assert partial.headers["HX-Redirect"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200


def test_whoever_has_one_goes_on_unhindered(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, demand: Callable[[], None]
) -> None:
    client = client_of(group, advisor.user)
    add_app(client)
    demand()

    assert client.get("/accounts/devices/").status_code == 200


def test_the_last_factor_cannot_be_removed_while_the_group_demands_one(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, demand: Callable[[], None]
) -> None:
    client = client_of(group, advisor.user)
    add_app(client)
    demand()

    client.post("/accounts/2fa/app/remove/")

    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_without_the_demand_it_can(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group, advisor.user)
    add_app(client)

    client.post("/accounts/2fa/app/remove/")

    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="second_factor_removed").exists()
