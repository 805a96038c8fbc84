from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.accounts import actions
from forecourt.accounts.errors import TooManyScopes
from forecourt.accounts.models import ApiToken
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store

ClientOf = Callable[..., Client]


@pytest.fixture
def manager(group: GroupIdentity) -> StaffMember:
    return make_staff("store_manager", make_store())


def issue(manager: StaffMember, **fields: object) -> tuple[ApiToken, str]:
    return actions.issue_api_token(
        **{"name": "erp", "scopes": [], "expires_at": None, "actor": actor_of(manager), **fields}
    )


def test_a_token_is_kept_as_a_digest_and_logged(group: GroupIdentity, manager: StaffMember) -> None:
    token, text = issue(manager, scopes=["organisation.view_store"])

    assert text not in str(ApiToken.objects.values().get())
    assert token.digest == ApiToken.digest_of(text)
    assert AuditEntry.objects.get(action="token_made").changes["scopes"] == [
        "organisation.view_store"
    ]


def test_a_token_may_not_do_what_its_person_may_not(
    group: GroupIdentity, manager: StaffMember
) -> None:
    with pytest.raises(TooManyScopes):
        issue(manager, scopes=["organisation.manage_group"])

    assert not ApiToken.objects.exists()


def test_a_token_needs_a_name_and_a_future(group: GroupIdentity, manager: StaffMember) -> None:
    with pytest.raises(Invalid):
        issue(manager, name=" ")
    with pytest.raises(Invalid):
        issue(manager, expires_at=now() - timedelta(seconds=1))

    assert not ApiToken.objects.exists()


def test_whoever_may_not_use_the_api_gets_no_token(
    group: GroupIdentity, advisor: StaffMember
) -> None:
    with pytest.raises(NotPermitted):
        issue(advisor)

    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_no_longer_usable(group: GroupIdentity, manager: StaffMember) -> None:
    token, _text = issue(manager)

    actions.revoke_api_token(token_id=token.pk, actor=actor_of(manager))

    assert not ApiToken.objects.usable().exists()
    with pytest.raises(Conflict):
        actions.revoke_api_token(token_id=token.pk, actor=actor_of(manager))


def test_nobody_revokes_somebody_else_s_token(group: GroupIdentity, manager: StaffMember) -> None:
    token, _text = issue(manager)
    other = actor_of(make_staff("store_manager", make_store()))

    with pytest.raises(NotFound):
        actions.revoke_api_token(token_id=token.pk, actor=other)

    assert ApiToken.objects.usable().exists()


def test_a_token_of_one_group_is_unknown_in_another(
    group: GroupIdentity, other_group: GroupIdentity, manager: StaffMember
) -> None:
    _token, text = issue(manager)

    with inside(other_group):
        assert not ApiToken.objects.filter(digest=ApiToken.digest_of(text)).exists()


def test_the_page_shows_the_text_once(
    group: GroupIdentity, client_of: ClientOf, manager: StaffMember
) -> None:
    client = client_of(group, manager.user)

    made = client.post("/accounts/tokens/new/", {"name": "erp", "lifetime": "90"})
    listed = client.get("/accounts/tokens/")

    text = made.context["text"]
    assert text in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert text not in listed.content.decode()
    assert "erp" in listed.content.decode()


def test_the_page_refuses_a_scope_that_is_not_offered(
    group: GroupIdentity, client_of: ClientOf, manager: StaffMember
) -> None:
    client = client_of(group, manager.user)

    answer = client.post(
        "/accounts/tokens/new/", {"name": "erp", "scopes": ["organisation.manage_group"]}
    )

    assert answer.status_code == 422
    assert not ApiToken.objects.exists()


def test_the_page_revokes(group: GroupIdentity, client_of: ClientOf, manager: StaffMember) -> None:
    token, _text = issue(manager)

    client_of(group, manager.user).post(f"/accounts/tokens/{token.pk}/revoke/")

    assert not ApiToken.objects.usable().exists()


def test_whoever_may_not_use_the_api_does_not_see_the_page(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    assert client_of(group, advisor.user).get("/accounts/tokens/").status_code == 403
