from datetime import timedelta

from django.conf import settings
from django.test import Client

from forecourt.accounts.models import ApiToken
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from tests.factories.organisation import make_staff, make_store


def test_a_token_opens_the_api_with_its_persons_rights(group, caller):
    make_store(code="SH01")

    response = caller(group, make_staff("headquarters")).get("stores")

    assert response.status_code == 200
    assert [row["code"] for row in response.json()["data"]] == ["SH01"]


def test_without_a_token_the_answer_is_401_and_says_how_to_sign_in(group, caller):
    response = caller(group).get("stores")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_authenticated"


def test_an_unknown_token_is_401(group, caller):
    response = caller(group, token="fct_nobody").get("stores")

    assert response.status_code == 401
    assert response.json()["code"] == "token_not_valid"


def test_an_expired_token_is_401(group, caller):
    old = caller(group, make_staff("headquarters"), expires_at=now() - timedelta(seconds=1))

    assert old.get("stores").status_code == 401


def test_a_revoked_token_is_401(group, caller):
    revoked = caller(group, make_staff("headquarters"), revoked_at=now())

    assert revoked.get("stores").status_code == 401


def test_another_groups_token_is_401(group, other_group, caller):
    with inside(other_group):
        stranger = make_staff("group_owner")
        text = ApiToken.issue(stranger.user, "theirs")[1]

    assert caller(other_group, token=text).get("stores").status_code == 200
    assert caller(group, token=text).get("stores").status_code == 401


def test_the_token_of_somebody_who_left_is_401(group, caller):
    staff = make_staff("headquarters")
    calls = caller(group, staff)
    staff.state = staff.State.LEFT
    staff.save(update_fields=["state"])

    assert calls.get("stores").status_code == 401


def test_scopes_narrow_what_a_token_may_do(group, caller):
    narrow = caller(group, make_staff("headquarters"), scopes=["organisation.view_staff"])

    response = narrow.get("stores")

    assert response.status_code == 403
    assert response.json()["code"] == "not_permitted"


def test_scopes_never_widen(group, caller):
    staff = make_staff("headquarters")
    staff.roles.clear()
    wide = caller(group, staff, scopes=["organisation.view_store"])

    assert wide.get("stores").status_code == 403


def test_the_last_use_is_noted_at_most_once_a_minute(group, caller):
    calls = caller(group, make_staff("headquarters"))
    calls.get("stores")
    first = ApiToken.objects.get().last_used_at

    calls.get("stores")

    assert first is not None
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=now() - timedelta(seconds=61))
    calls.get("stores")
    assert ApiToken.objects.get().last_used_at >= first


def test_a_signed_in_page_may_call_without_a_token(group, client_of):
    client = client_of(group, make_staff("headquarters").user)

    assert client.get("/api/v1/stores").status_code == 200


def test_a_change_over_the_session_needs_the_csrf_token(group):
    staff = make_staff("headquarters")
    client = Client(
        headers={"host": f"{group.slug}.{settings.BASE_DOMAIN}"}, enforce_csrf_checks=True
    )
    client.force_login(staff.user)

    response = client.post("/api/v1/stores", data="{}", content_type="application/json")

    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


def test_a_text_that_is_no_bearer_token_is_not_looked_up(group, caller, django_assert_num_queries):
    calls = caller(group)
    calls.headers["Authorization"] = "Basic b3duZXI6c2VjcmV0"

    with django_assert_num_queries(0):
        assert calls.get("stores").status_code == 401


def test_the_callers_language_is_the_requests_else_the_persons(group, caller):
    staff = make_staff("headquarters")
    staff.user.language = "en"
    staff.user.save(update_fields=["language"])

    chosen = caller(group, staff, language="zh-hans").get("stores")
    own = caller(group, staff, language="").get("stores")

    assert chosen["Content-Language"] == "zh-hans"
    assert own["Content-Language"] == "en"
