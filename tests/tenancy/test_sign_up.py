"""Signing up on the bare domain: asked, confirmed, opened, and nothing left of what failed."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from apps.organisation.queries import actor_for_user
from forecourt.accounts.models import User
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import master, rings
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.groups import inside
from tenants import entries, memberships, schemas, signups, spaces, sweeps
from tenants.groups import get_group
from tenants.models import DealerGroup, Domain, Membership, PlatformKey, SignUp, Space
from tests.tenancy.conftest import Platform, at_once

FIELDS = {
    "group_name": "旭日汽车集团",
    "slug": "sunrise",
    "country": "CN",
    "store_count": "3",
    "person_name": "李强",
    "email": "li@sunrise.example",
    "password": "correct horse battery",
}


@pytest.fixture
def site(platform: Platform) -> Client:
    mail.outbox.clear()
    return Client(headers={"host": "localhost"})


def wish(**changes: Any) -> signups.Wish:
    values = {**FIELDS, "store_count": 3, "language": "en", **changes}
    return signups.Wish(**values)


def sign_up(site: Client, **changes: str) -> Any:
    return site.post("/signup/", {**FIELDS, **changes})


def mailed_link() -> str:
    link = re.search(r"http://localhost:8000(/signup/confirm/\?key=\S+)", mail.outbox[-1].body)
    assert link, mail.outbox[-1].body
    return link[1]


def enter(url: str) -> tuple[Client, Any]:
    """A browser that follows the one-time link to the group's own address."""
    parts = urlsplit(url)
    browser = Client(headers={"host": parts.netloc})
    return browser, browser.get(f"{parts.path}?{parts.query}")


def test_from_the_form_to_the_guided_start(site: Client) -> None:
    spaces.fill_pool(1)
    asked = sign_up(site)
    assert asked.status_code == 302
    assert "li@sunrise.example" in site.get(asked.url).content.decode()
    assert mail.outbox[-1].to == ["li@sunrise.example"]

    page = site.get(mailed_link())
    assert page.status_code == 200
    assert "form-action 'self' http://*.localhost:8000" in page.headers["Content-Security-Policy"]
    assert not DealerGroup.objects.filter(slug="sunrise").exists(), "a link opened by itself"
    opened = site.post(mailed_link())

    assert opened.status_code == 302
    assert opened.url.startswith("http://sunrise.localhost:8000/start/enter/?key=")
    browser, answer = enter(opened.url)
    assert (answer.status_code, answer.url) == (302, "/start/")
    group = get_group("sunrise")
    assert (group.state, group.language, group.store_count) == ("TRIALING", "zh-hans", 3)
    with inside(group.identity):
        user = User.objects.get()
        assert user.check_password(FIELDS["password"])
        assert actor_for_user(user.pk).can("organisation.manage_group")
        assert browser.session["_auth_user_id"] == str(user.pk)
    assert browser.get("/start/").status_code == 200
    kept = SignUp.objects.get()
    assert (kept.state, kept.password) == ("READY", "")
    assert Membership.objects.filter(schema_name=group.schema_name).count() == 1


def test_the_way_in_works_once_and_in_its_own_group_only(site: Client, platform: Platform) -> None:
    platform.add_groups(1)
    sign_up(site)
    url = site.post(mailed_link()).url
    path = url.split("8000", 1)[1]

    stranger = Client(headers={"host": "group-1.localhost"})
    assert stranger.get(path).url.startswith("/accounts/")
    enter(url)
    _browser, again = enter(url)

    assert again.url.startswith("/accounts/")


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(site: Client) -> None:
    answer = sign_up(site, slug="alpha", password="12345678", email="nonsense")

    text = answer.content.decode()
    assert answer.status_code == 422
    for name in ("slug", "password", "email"):
        assert f'id="id_{name}_error"' in text
    assert 'value="12345678"' in text
    assert "旭日汽车集团" in text
    assert not SignUp.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize("slug", ["www", "alpha", "ab", "UPPER CASE", "a--b"])
def test_bad_and_taken_addresses_are_refused_while_typing(site: Client, slug: str) -> None:
    text = site.get("/signup/address/", {"slug": slug}).content.decode()

    assert "fc-errors" in text


def test_taken_addresses_come_with_free_ones(site: Client) -> None:
    text = site.get("/signup/address/", {"slug": "alpha"}).content.decode()
    assert ">alpha-auto<" in text
    free = site.get("/signup/address/", {"slug": "sunrise"}).content.decode()
    assert "sunrise.localhost" in free
    assert "fc-errors" not in free


def test_an_address_is_proposed_from_a_chinese_name(site: Client) -> None:
    assert signups.suggestions(wanted="", group_name="旭日汽车集团")[0] == "xuri"
    assert signups.suggestions(wanted="", group_name="Sunrise Auto Group")[0] == (
        "sunrise-auto-group"
    )
    assert signups.suggestions(wanted="", group_name="！？") == []
    picked = site.get("/signup/address/", {"slug": "xuri", "pick": ""}).content.decode()
    assert 'value="xuri"' in picked


def test_weak_passwords_are_named_while_typing(site: Client) -> None:
    weak = site.post("/signup/password/", {**FIELDS, "password": "password"}).content.decode()
    good = site.post("/signup/password/", FIELDS).content.decode()

    assert "fc-errors" in weak
    assert "fc-errors" not in good


def test_the_same_address_at_the_same_moment_goes_to_one(site: Client) -> None:
    wishes = [wish(email=f"p{number}@x.example") for number in range(4)]
    results = at_once(*[lambda one=one: signups.request_group(one) for one in wishes])

    refused = [result for result in results if isinstance(result, Conflict)]
    assert len(refused) == 3
    assert {refusal.field for refusal in refused} == {"slug"}
    assert SignUp.objects.count() == 1


def test_the_loser_is_told_beside_the_field_with_everything_kept(site: Client) -> None:
    signups.request_group(wish(email="first@x.example"))

    answer = sign_up(site)

    assert answer.status_code == 422
    assert 'id="id_slug_error"' in answer.content.decode()
    assert "li@sunrise.example" in answer.content.decode()


def test_the_same_person_may_ask_again_and_the_older_link_ends(site: Client) -> None:
    sign_up(site)
    first = mailed_link()

    assert sign_up(site, store_count="5").status_code == 302

    assert SignUp.objects.get().store_count == 5
    assert site.get(first).status_code == 404
    assert site.get(mailed_link()).status_code == 200


def test_a_mistyped_mail_can_be_corrected_in_the_same_browser(site: Client) -> None:
    sign_up(site, email="il@sunrise.example")
    assert 'value="il@sunrise.example"' in site.get("/signup/").content.decode()

    assert sign_up(site).status_code == 302
    assert sign_up(site, slug="another").status_code == 302

    assert list(SignUp.objects.values_list("slug", "email")) == [("another", "li@sunrise.example")]


def test_somebody_else_with_the_same_mail_cannot_replace_it(site: Client) -> None:
    sign_up(site)
    digest = SignUp.objects.get().digest

    answer = sign_up(Client(headers={"host": "localhost"}), password="another good password")

    assert answer.status_code == 422
    assert SignUp.objects.get().digest == digest


def test_another_browser_must_know_the_password(site: Client) -> None:
    """Else one could sign up in a stranger's name, and her own click would open the group."""
    sign_up(site)
    stranger = Client(headers={"host": "localhost"})

    assert 'name="password"' in stranger.get(mailed_link()).content.decode()
    refused = stranger.post(mailed_link(), {"password": "something else"})
    assert refused.status_code == 422
    assert not DealerGroup.objects.filter(slug="sunrise").exists()
    opened = stranger.post(mailed_link(), {"password": FIELDS["password"]})

    assert opened.url.startswith("http://sunrise.localhost:8000/start/enter/")


def test_a_used_link_leads_to_the_group_and_signs_nobody_in(site: Client) -> None:
    sign_up(site)
    link = mailed_link()
    site.post(link)

    answer = Client(headers={"host": "localhost"}).get(link)

    assert answer.url == "http://sunrise.localhost:8000/"


def test_links_expire(site: Client) -> None:
    sign_up(site)
    SignUp.objects.update(expires_at=now() - timedelta(seconds=1))

    assert site.get(mailed_link()).status_code == 404
    assert "sunrise" not in signups.taken_among(["sunrise"])
    assert signups.remove_expired() == 1


def test_an_expired_hold_gives_the_address_to_the_next(site: Client) -> None:
    signups.request_group(wish(email="first@x.example"))
    SignUp.objects.update(expires_at=now() - timedelta(seconds=1))

    assert sign_up(site).status_code == 302
    assert SignUp.objects.get().email == "li@sunrise.example"


def test_without_a_space_the_page_waits_and_then_leads_on(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[int] = []
    monkeypatch.setattr(signups, "_finish_by_worker", later.append)
    sign_up(site)

    waiting = site.post(mailed_link())

    assert waiting.url == "/signup/progress/"
    assert 'hx-trigger="every 1s"' in site.get(waiting.url).content.decode()
    assert not DealerGroup.objects.filter(slug="sunrise").exists()
    signups.finish_later(sign_up_id=later[0])
    done = site.get(waiting.url, headers={"hx-request": "true"})
    assert done.headers["HX-Redirect"].startswith("http://sunrise.localhost:8000/start/enter/")


def test_a_group_that_cannot_be_opened_leaves_nothing_and_may_be_tried_again(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaces.fill_pool(1)
    before = schemas.present()
    sign_up(site)
    site.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("apps.organisation.start.actions.open_account", lambda **_: 1 / 0)
        assert site.post(mailed_link()).status_code == 500

    assert not DealerGroup.objects.filter(slug="sunrise").exists()
    assert not Domain.objects.filter(domain="sunrise.localhost").exists()
    assert len(schemas.present()) == len(before) - 1
    assert SignUp.objects.get().state == "WAITING"
    assert site.post(mailed_link()).url.startswith("http://sunrise.localhost:8000/")
    assert not Space.objects.exclude(schema_name__in=schemas.present()).exists()


def test_a_process_that_dies_in_between_is_finished_by_the_sweep(site: Client) -> None:
    spaces.fill_pool(1)
    sign_up(site)
    pk = SignUp.objects.get().pk
    signups._mark_confirmed(pk, "")
    signups._take_space(pk)
    assert get_group("sunrise").state == "PREPARING"
    assert Client(headers={"host": "sunrise.localhost"}).get("/").status_code == 404
    assert signups.resume_unfinished() == 0, "it may still be at work"
    SignUp.objects.update(confirmed_at=now() - timedelta(minutes=2))

    sweeps.keep_the_platform()

    assert SignUp.objects.get().state == "READY"
    assert get_group("sunrise").state == "TRIALING"


def test_two_presses_at_once_make_one_group(site: Client) -> None:
    spaces.fill_pool(2)
    pk = signups.request_group(wish()).pk

    results = at_once(*[lambda: signups.confirm(sign_up_id=pk) for _press in range(3)])

    assert not [result for result in results if isinstance(result, Exception)], results
    group = get_group("sunrise")
    with inside(group.identity):
        assert User.objects.count() == 1
    assert Space.objects.filter(state="TAKEN").count() == 3  # with alpha and beta


def test_an_address_lost_meanwhile_is_asked_for_again(site: Client, platform: Platform) -> None:
    spaces.fill_pool(2)
    sign_up(site)
    platform.run("create_group", slug="other", name="Other")
    DealerGroup.objects.filter(slug="other").update(slug="sunrise")
    Domain.objects.filter(domain="other.localhost").update(domain="sunrise.localhost")

    refused = site.post(mailed_link())

    assert refused.status_code == 422
    assert 'id="id_slug_error"' in refused.content.decode()
    opened = site.post(mailed_link(), {"slug": "sunrise-auto"})
    assert opened.url.startswith("http://sunrise-auto.localhost:8000/")


def test_a_mail_that_cannot_be_sent_leaves_nothing(
    site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("forecourt.accounts.mail.EmailMultiAlternatives.send", refuse)

    answer = sign_up(site)

    assert answer.status_code == 422
    assert "li@sunrise.example" in answer.content.decode()
    assert not SignUp.objects.exists()


def test_a_mail_is_sent_again_but_not_at_once(site: Client) -> None:
    sign_up(site)
    first = mailed_link()
    assert site.post("/signup/sent/").status_code == 409
    SignUp.objects.update(mailed_at=now() - timedelta(minutes=2))

    assert site.post("/signup/sent/").status_code == 302

    assert mailed_link() != first
    assert len(mail.outbox) == 2


def test_too_many_sign_ups_from_one_address_are_stopped(site: Client) -> None:
    for number in range(21):
        answer = sign_up(site, slug=f"sunrise{number}", email=f"a{number}@x.example")
        site.cookies.clear()

    assert answer.status_code == 422
    assert SignUp.objects.count() == 20


# --- Finding one's group ------------------------------------------------------------------------


def test_the_addresses_of_all_groups_are_mailed_to_whom_they_belong(
    site: Client, platform: Platform
) -> None:
    for slug in ("first", "second"):
        platform.run(
            "create_group",
            slug=slug,
            name=slug.title(),
            owner_email="Li@Both.example",
            password="correct horse battery",
        )

    answer = site.post("/signin/", {"email": "li@both.EXAMPLE "})

    assert len(mail.outbox) == 1
    assert "http://first.localhost:8000/" in mail.outbox[0].body
    assert "http://second.localhost:8000/" in mail.outbox[0].body
    unknown = site.post("/signin/", {"email": "nobody@x.example"})
    assert len(mail.outbox) == 1
    assert _text_of(unknown) == _text_of(answer), "a known address shows"


def _text_of(answer: Any) -> str:
    return re.sub(r"\w{64}", "a token", answer.content.decode())


def test_asking_too_often_is_stopped(site: Client, platform: Platform) -> None:
    for _number in range(5):
        site.post("/signin/", {"email": "nobody@x.example"})

    assert site.post("/signin/", {"email": "nobody@x.example"}).status_code == 422


def test_memberships_follow_accounts(platform: Platform) -> None:
    platform.run(
        "create_group", slug="first", name="First", owner_email="li@x.example", password="correct h"
    )
    group = get_group("first")
    assert memberships.groups_of("LI@x.example") == [group]
    with inside(group.identity):
        user = User.objects.get()
        User.objects.filter(pk=user.pk).update(email="li@new.example")
        User.objects.create_user("wang@x.example", "x")
        assert memberships.reconcile() == 2
        assert memberships.reconcile() == 0
    assert memberships.groups_of("li@x.example") == []
    assert memberships.groups_of("li@new.example") == [group]
    with inside(group.identity):
        User.objects.filter(pk=user.pk).update(is_active=False)
        memberships.announce(user_id=user.pk)
    assert memberships.groups_of("li@new.example") == []
    assert memberships.groups_of("wang@x.example") == [group]


def test_what_is_kept_of_an_address_names_nobody(db: None) -> None:
    """Without the platform's key, which only the master key opens, it cannot be recomputed."""
    digest = memberships.digest_of("li@x.example")
    assert memberships.digest_of("LI@x.example ") == digest
    PlatformKey.objects.update(wrapped=master.wrap(rings.random_key()))
    assert memberships.digest_of("li@x.example") != digest


def test_an_entry_is_redeemed_by_one_of_many(platform: Platform) -> None:
    platform.run(
        "create_group", slug="first", name="First", owner_email="li@x.example", password="correct h"
    )
    group = get_group("first")
    secret = entries.issue(group, "li@x.example").split("key=")[1]

    def redeem() -> object:
        with inside(group.identity):
            return entries.redeem(secret)

    assert len([user for user in at_once(*[redeem] * 5) if user]) == 1
    cache.clear()


def test_the_home_page_and_its_neighbours_answer(site: Client) -> None:
    for path in ("/", "/signup/", "/signin/", "/robots.txt", "/mail/"):
        assert site.get(path).status_code == 200, path
    assert site.get("/signup/sent/").url == "/signup/"
    assert site.get("/signup/progress/").url == "/signin/"
    with pytest.raises(NotFound):
        signups.get_sign_up("")
