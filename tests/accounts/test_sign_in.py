from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.accounts.adapters import masked_login
from forecourt.accounts.models import User
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry
from tests.accounts.conftest import PASSWORD, make_twin
from tests.factories.organisation import make_staff

ClientOf = Callable[..., Client]
LOGIN = "/accounts/login/"


def sign_in(client: Client, login: str, password: str = PASSWORD):
    return client.post(LOGIN, {"login": login, "password": password})


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


def test_the_page_names_the_group_and_offers_a_passkey(
    group: GroupIdentity, client_of: ClientOf
) -> None:
    page = client_of(group).get(LOGIN)

    assert page.status_code == 200
    assert group.name in page.content.decode()
    assert 'id="passkey-button"' in page.content.decode()


def test_a_person_signs_in_with_e_mail_and_password(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group)

    answer = sign_in(client, "LIN@test.example")

    assert answer.status_code == 302
    assert is_signed_in(client)
    entry = AuditEntry.objects.get(action="signed_in")
    assert (entry.actor_id, entry.subject_id) == (advisor.pk, str(advisor.pk))
    assert entry.address == "127.0.0.1"


@pytest.mark.parametrize("login", ["138 1234 5678", "+8613812345678", "１３８１２３４５６７８"])
def test_a_person_signs_in_with_her_mobile_number_in_any_spelling(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, login: str
) -> None:
    User.objects.filter(pk=advisor.user_id).update(mobile="+8613812345678")
    client = client_of(group)

    sign_in(client, login)

    assert is_signed_in(client)


@pytest.mark.parametrize("login", ["lin@test.example", "nobody@test.example", "13900000000", "x"])
def test_a_wrong_password_and_an_unknown_login_are_answered_alike(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, login: str
) -> None:
    client = client_of(group)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    answer = sign_in(client, login, "not-the-password")

    assert answer.context["form"].non_field_errors() == [
        "E-mail address or mobile number and password do not belong together."
    ]
    assert not is_signed_in(client)
    failed = AuditEntry.objects.get(action="sign_in_failed")
    assert failed.changes == {"login": masked_login(login)}


def test_after_five_failures_even_the_right_password_waits(
    group: GroupIdentity, other_group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    for _number in range(5):
        sign_in(client_of(group), "lin@test.example", "not-the-password")
    client = client_of(group)

    sign_in(client, "lin@test.example")

    assert not is_signed_in(client)
    with inside(other_group):
        make_staff(role="group_owner", email="lin@test.example")
    elsewhere = client_of(other_group)
    sign_in(elsewhere, "lin@test.example")
    assert is_signed_in(elsewhere)


def test_whoever_is_suspended_cannot_sign_in(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    User.objects.filter(pk=advisor.user_id).update(is_active=False)
    client = client_of(group)

    answer = sign_in(client, "lin@test.example")

    assert answer.headers["Location"] == "/accounts/inactive/"
    assert client.get("/accounts/inactive/").status_code == 200
    assert not is_signed_in(client)


def test_signing_in_takes_the_person_s_own_language(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    User.objects.filter(pk=advisor.user_id).update(language="en")
    client = client_of(group)

    sign_in(client, "lin@test.example")

    assert "My account" in client.get("/accounts/profile/").content.decode()


def test_next_leads_back_to_the_page_but_never_to_another_address(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    back = client_of(group).post(
        LOGIN, {"login": "lin@test.example", "password": PASSWORD, "next": "/accounts/devices/"}
    )
    away = client_of(group).post(
        LOGIN,
        {
            "login": "lin@test.example",
            "password": PASSWORD,
            "next": "http://beta.localhost/accounts/devices/",
        },
    )

    assert back.headers["Location"] == "/accounts/devices/"
    assert away.headers["Location"] == "/"


def test_signing_out_ends_the_session_and_is_logged(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group)
    sign_in(client, "lin@test.example")

    client.post("/accounts/logout/")

    assert not is_signed_in(client)
    assert AuditEntry.objects.filter(action="signed_out", actor_id=advisor.pk).exists()


def test_nobody_signs_up_inside_a_group(group: GroupIdentity, client_of: ClientOf) -> None:
    assert client_of(group).get("/accounts/signup/").status_code == 404


def test_a_session_of_one_group_is_worthless_in_another(
    group: GroupIdentity, other_group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    with inside(other_group):
        make_twin(advisor)
    client = client_of(group, advisor.user)
    elsewhere = client_of(other_group)
    elsewhere.cookies = client.cookies

    assert is_signed_in(client)
    assert elsewhere.get("/accounts/profile/").status_code == 302


def test_an_htmx_request_after_the_session_ended_asks_to_sign_in_again(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group)

    answer = client.get("/accounts/devices/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Reswap"] == "none"
