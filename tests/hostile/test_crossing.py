"""Whatever is carried from one group's address to another's is worth nothing there."""

import re
from http.cookies import SimpleCookie

import pytest
from celery import current_app
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from apps.organisation.actions import invite_staff
from apps.organisation.models import Role, StaffMember
from forecourt.accounts.models import ApiToken, User
from forecourt.kernel import search, tasks
from forecourt.kernel.groups import inside
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_staff, make_store


def browser(group, **options) -> Client:
    host = f"{group.slug}.{settings.BASE_DOMAIN}"
    return Client(headers={"host": host}, raise_request_exception=False, **options)


def twins(group, other_group) -> tuple[StaffMember, StaffMember]:
    """Two people who are equal in all that a link or cookie could hold: id, password, e-mail."""
    one = make_staff("headquarters", email="same@test.example")
    with inside(other_group):
        two = make_staff("headquarters", email="same@test.example")
        User.objects.filter(pk=two.user_id).update(password=one.user.password)
        twin = User.objects.get(pk=two.user_id)
        StaffMember.objects.filter(pk=two.pk).update(user=None)
        twin.delete()
        twin.pk = one.user_id
        twin.save(force_insert=True)
        StaffMember.objects.filter(pk=two.pk).update(user=twin)
        two.refresh_from_db()
    return one, two


def is_in(client: Client) -> bool:
    home = connection.tenant
    try:
        return client.get("/accounts/profile/").status_code == 200
    finally:
        connection.set_tenant(home)


def test_a_session_cookie_opens_no_other_group(group, other_group):
    one, _two = twins(group, other_group)
    mine = browser(group)
    mine.force_login(one.user)
    theirs = browser(other_group)
    theirs.cookies = SimpleCookie(mine.cookies.output(header="", sep=";"))

    assert is_in(mine)
    assert theirs.cookies[settings.SESSION_COOKIE_NAME].value
    assert not is_in(theirs)


def test_cookies_are_for_one_address_only(group):
    client = browser(group)
    client.force_login(make_staff("headquarters").user)
    client.get("/accounts/login/")

    assert settings.SESSION_COOKIE_DOMAIN is None
    assert settings.CSRF_COOKIE_DOMAIN is None
    for cookie in client.cookies.values():
        assert not cookie["domain"]


def test_a_password_reset_link_opens_no_other_group(
    group, other_group, django_capture_on_commit_callbacks
):
    twins(group, other_group)
    with django_capture_on_commit_callbacks(execute=True):
        browser(group).post("/accounts/password/reset/", {"email": "same@test.example"})
    link = re.search(r"https?://[^/\s]+(/accounts/password/reset/\S+)", mail.outbox[-1].body)[1]

    there = browser(other_group).get(link)
    here = browser(group).get(link)

    assert here.status_code == 302
    assert here["Location"].endswith("-set-password/")
    assert there.status_code != 302


def test_a_password_reset_mail_names_the_address_that_asked(
    group, other_group, django_capture_on_commit_callbacks
):
    twins(group, other_group)

    with django_capture_on_commit_callbacks(execute=True):
        browser(group).post(
            "/accounts/password/reset/",
            {"email": "same@test.example"},
            headers={"X-Forwarded-Host": "evil.example"},
        )

    body = mail.outbox[-1].body
    assert f"{group.slug}.{settings.BASE_DOMAIN}" in body
    assert "evil.example" not in body
    assert other_group.slug not in body


def test_an_invitation_opens_no_other_group(group, other_group, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        invite_staff(
            actor=actor_of(make_staff("group_owner")),
            name="新人",
            email="new@test.example",
            home_store_id=make_store().pk,
            role_ids=[Role.objects.get(code="sales_advisor").pk],
        )
    link = re.search(r"(/organisation/invitations/\S+/)", mail.outbox[-1].body)[1]

    assert browser(group).get(link).status_code == 200
    assert browser(other_group).get(link).status_code == 410


def test_an_api_token_opens_no_other_group(group, other_group):
    one, two = twins(group, other_group)
    text = ApiToken.issue(one.user, "mine")[1]
    headers = {"Authorization": f"Bearer {text}"}

    assert browser(group).get("/api/v1/stores", headers=headers).status_code == 200
    assert browser(other_group).get("/api/v1/stores", headers=headers).status_code == 401
    assert two.pk


def test_a_csrf_token_of_another_site_is_refused(group, other_group):
    one, _two = twins(group, other_group)
    mine = browser(group, enforce_csrf_checks=True)
    mine.force_login(one.user)
    theirs = browser(other_group, enforce_csrf_checks=True)
    theirs.get("/accounts/login/")
    foreign = theirs.cookies[settings.CSRF_COOKIE_NAME].value

    answer = mine.post("/accounts/logout/", headers={"X-CSRFToken": foreign})

    assert answer.status_code == 403
    assert is_in(mine)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://{other}", "null"])
def test_a_request_from_another_site_is_refused(group, other_group, origin):
    client = browser(group, enforce_csrf_checks=True)
    client.force_login(make_staff("headquarters").user)
    client.get("/accounts/profile/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value

    answer = client.post(
        "/accounts/logout/",
        headers={
            "X-CSRFToken": token,
            "Origin": origin.format(other=f"{other_group.slug}.{settings.BASE_DOMAIN}"),
        },
    )

    assert answer.status_code == 403


def test_cached_values_are_the_groups_own(group, other_group):
    cache.set("figures", "alpha", 60)
    with inside(other_group):
        assert cache.get("figures") is None
        cache.set("figures", "beta", 60)

    assert cache.get("figures") == "alpha"


def test_every_task_of_a_group_refuses_a_group_that_is_none(group):
    current_app.loader.import_default_modules()
    ours = [
        task
        for name, task in current_app.tasks.items()
        if name.split(".")[0] in {"apps", "forecourt"}  # billing's and tenants' are the platform's
    ]

    assert ours
    for task in ours:
        for schema_name in ("public", "t_nobody", "", "pg_catalog"):
            with pytest.raises(tasks.UnknownGroup):
                task.run(schema_name=schema_name)


def test_a_task_works_in_the_group_that_it_was_sent_for(group, other_group):
    seen = []

    @tasks.group_task
    def count_staff() -> None:
        seen.append((connection.schema_name, StaffMember.objects.count()))

    make_staff("headquarters")
    count_staff(schema_name=other_group.schema_name)
    count_staff(schema_name=group.schema_name)

    assert seen == [(other_group.schema_name, 0), (group.schema_name, 1)]
    assert connection.schema_name == group.schema_name


def test_a_task_without_a_group_does_not_run(group):
    @tasks.group_task
    def anything() -> None:
        raise AssertionError("ran without a group")

    with pytest.raises(TypeError):
        anything()


def test_a_stored_file_is_the_groups_own(group, other_group):
    name = default_storage.save("papers/secret.txt", ContentFile(b"alpha"))
    try:
        with inside(other_group):
            assert not default_storage.exists(name)
            with pytest.raises(FileNotFoundError):
                default_storage.open(name)
        assert default_storage.open(name).read() == b"alpha"
    finally:
        default_storage.delete(name)


@pytest.mark.parametrize("way", ["../../{other}/papers/x.txt", "/etc/passwd", "..", "a/../../../x"])
def test_no_name_leads_out_of_the_groups_files(group, other_group, way):
    name = way.format(other=other_group.schema_name)

    with pytest.raises(SuspiciousOperation):
        default_storage.open(name)
    with pytest.raises(SuspiciousOperation):
        default_storage.save(name, ContentFile(b"x"))


def test_no_file_is_stored_outside_of_a_group(group):
    connection.set_schema_to_public()
    try:
        with pytest.raises(SuspiciousOperation):
            default_storage.save("x.txt", ContentFile(b"x"))
    finally:
        connection.set_tenant(group)


def test_search_finds_nothing_of_another_group_or_store(group, other_group):
    with inside(other_group):
        make_lead(owner=make_staff("sales_advisor", make_store()), name="欧阳晓东")
    there = make_staff("sales_advisor", make_store())
    make_lead(owner=there, name="司马晓东")
    owner = actor_of(make_staff("group_owner"))
    stranger = actor_of(make_staff("sales_manager", make_store()))

    titles = [hit.title for _source, hits in search.find("晓东", owner) for hit in hits]

    assert "欧阳晓东" not in titles
    assert not search.find("晓东", stranger)
    page = browser(group)
    page.force_login(make_staff("group_owner").user)
    assert "欧阳" not in page.get("/search/?q=晓东").content.decode()
