import re
from collections.abc import Callable

from django.core import mail
from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, OutboxMessage
from forecourt.kernel.outbox import deliver_due
from tests.accounts.conftest import PASSWORD, make_twin

ClientOf = Callable[..., Client]
ASK = "/accounts/password/reset/"
NEW = "entirely-other-words"


def ask_for_link(client: Client, group: GroupIdentity, email: str) -> str:
    client.post(ASK, {"email": email})
    deliver_due(schema_name=group.schema_name)
    found = re.search(r"http://[^/]+(/\S+)", mail.outbox[-1].body)
    assert found
    return found.group(1)


def set_password(client: Client, link: str, password: str = NEW):
    page = client.get(link, follow=True)
    if not page.context.get("form"):
        return page
    return client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})


def test_the_link_sets_a_new_password_and_ends_every_session(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    elsewhere = client_of(group, advisor.user)
    client = client_of(group)

    set_password(client, ask_for_link(client, group, advisor.email))

    advisor.user.refresh_from_db()
    assert advisor.user.check_password(NEW)
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert AuditEntry.objects.filter(action="password_reset", actor_id=advisor.pk).exists()


def test_the_mail_waits_encrypted(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client_of(group).post(ASK, {"email": advisor.email})

    payload = OutboxMessage.objects.get(topic="accounts.mail").payload
    assert list(payload) == ["sealed"]
    assert "password/reset" not in payload["sealed"]


def test_a_link_is_good_once(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group)
    link = ask_for_link(client, group, advisor.email)
    set_password(client, link)

    again = set_password(client_of(group), link, "third-try-at-words")

    assert again.context["token_fail"]
    advisor.user.refresh_from_db()
    assert advisor.user.check_password(NEW)


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    known = client_of(group).post(ASK, {"email": advisor.email})
    OutboxMessage.objects.all().delete()
    unknown = client_of(group).post(ASK, {"email": "nobody@test.example"})

    assert (known.status_code, known.headers["Location"]) == (
        unknown.status_code,
        unknown.headers["Location"],
    )
    assert not OutboxMessage.objects.exists()


def test_a_link_of_one_group_is_worthless_in_another(
    group: GroupIdentity, other_group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    with inside(other_group):
        twin = make_twin(advisor)
    link = ask_for_link(client_of(group), group, advisor.email)

    answer = set_password(client_of(other_group), link)

    assert answer.context["token_fail"]
    with inside(other_group):
        twin.user.refresh_from_db()
        assert twin.user.check_password(PASSWORD)


def test_a_weak_password_is_refused_with_the_reason(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group)

    answer = set_password(client, ask_for_link(client, group, advisor.email), "12345678")

    assert answer.context["form"].errors["password1"]
    advisor.user.refresh_from_db()
    assert advisor.user.check_password(PASSWORD)


def test_changing_the_password_keeps_this_device_and_ends_the_others(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    here, elsewhere = client_of(group, advisor.user), client_of(group, advisor.user)

    answer = here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert answer.headers["Location"] == "/accounts/profile/"
    assert here.get("/accounts/profile/").status_code == 200
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert AuditEntry.objects.filter(action="password_changed").exists()
    deliver_due(schema_name=group.schema_name)
    assert mail.outbox[-1].to == [advisor.email]


def test_the_password_changes_only_with_the_present_one(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    client = client_of(group, advisor.user)

    answer = client.post(
        "/accounts/password/change/",
        {"oldpassword": "not-the-password", "password1": NEW, "password2": NEW},
    )

    assert answer.context["form"].errors["oldpassword"]
    advisor.user.refresh_from_db()
    assert advisor.user.check_password(PASSWORD)
