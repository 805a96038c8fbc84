"""Host names of a group's own, proven by a real DNS server on loopback."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from socketserver import BaseRequestHandler, ThreadingUDPServer

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils.translation import override

from apps.organisation.actions import domains as actions
from billing.entitlements import LimitReached, all_used, too_small
from billing.plans import PROFESSIONAL, STARTER
from forecourt.kernel import outbox
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.groups import inside, site_url
from forecourt.kernel.models import AuditEntry
from tenants import domains, entries
from tenants.domains import HostAdded, HostTaken, NotProven
from tenants.hosts import HostRefused, cleaned
from tenants.inspection import inspect_own_domains
from tenants.middleware import HSTS
from tenants.models import DealerGroup, Domain, OwnDomain
from tests.billing.test_standing import stand
from tests.factories.organisation import actor_of, make_staff
from tests.tenancy.conftest import at_once

HOST = "dms.huadong-auto.com"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Zone:
    """What the name server knows: ``texts[name]`` are its TXT records; or it fails."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.fails = False
        self.silent: set[str] = set()
        """Names about which it fails."""

    def answer(self, wire: bytes) -> bytes:
        question = dns.message.from_wire(wire)
        answer = dns.message.make_response(question)
        asked = question.question[0]
        name = asked.name.to_text().rstrip(".").lower()
        if self.fails or name in self.silent:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.texts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            quoted = [f'"{text}"' for text in self.texts[name]]
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "TXT", *quoted))
        return answer.to_wire()


@pytest.fixture
def zone(settings) -> Iterator[Zone]:
    known = Zone()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            wire, reply = self.request
            reply.sendto(known.answer(wire), self.client_address)

    with ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        settings.DNS_SERVERS, settings.DNS_PORT = ["127.0.0.1"], server.server_address[1]
        yield known
        server.shutdown()
        thread.join()


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


def set_record(zone: Zone, domain: OwnDomain) -> None:
    zone.texts[domains.record_name(domain)] = ["v=spf1 -all", domains.record_text(domain)]


def proven(zone: Zone, actor, host: str = HOST) -> OwnDomain:
    domain = actions.add_domain(host=host, actor=actor)
    set_record(zone, domain)
    return actions.check_domain(domain_id=domain.pk, actor=actor)


def answers_at(host: str) -> int:
    """What a browser gets there; the group that was entered stays so."""
    entered = connection.tenant
    try:
        return Client(headers={"host": host}).get("/accounts/login/").status_code
    finally:
        connection.set_tenant(entered)


def address_of_links() -> str:
    with inside(DealerGroup.objects.get(slug="alpha").identity):
        return site_url()


@pytest.fixture(autouse=True)
def commits(django_capture_on_commit_callbacks):
    """What follows a commit is done at the end of each action, as it is outside of tests."""
    with django_capture_on_commit_callbacks(using="control", execute=True):
        yield


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        (" DMS.Huadong-Auto.com. ", HOST),
        ("https://dms.huadong-auto.com/", HOST),
        ("车.example-auto.cn", "车".encode("idna").decode() + ".example-auto.cn"),
        ("huadong.com.cn", "huadong.com.cn"),
    ],
)
def test_a_name_is_kept_as_the_dns_writes_it(typed, host):
    assert cleaned(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "huadong", "-a.example-auto.com", "a..com", "1.2.3.4", "dms.huadong-auto.com/path",
        "a b.com",
        "localhost", "alpha.localhost", "shop.local", "com.cn", "co.uk", "sh.cn", f"{'a' * 64}.com",
        ".".join(["abcdefgh"] * 30), "dms.huadong-auto.com:8000", "[::1]",
    ],
)  # fmt: skip
def test_names_that_no_group_can_have_are_refused(group, owner, typed):
    with pytest.raises(HostRefused) as refused:
        actions.add_domain(host=typed, actor=actor_of(owner))
    assert refused.value.field == "host"
    assert not OwnDomain.objects.exists()


def test_a_name_answers_once_its_record_proves_it_and_stops_when_it_is_removed(
    group, owner, zone, client_of, django_capture_on_commit_callbacks
):
    browser, actor = client_of(group, owner.user), actor_of(owner)
    page = browser.post("/organisation/domains/add/", {"host": HOST})
    assert page.status_code == 200
    domain = OwnDomain.objects.get()
    shown = browser.get("/organisation/domains/").content.decode()
    for text in (f"_forecourt.{HOST}", domains.record_text(domain), "alpha.localhost"):
        assert text in shown
    assert answers_at(HOST) == 404
    zone.texts[f"_forecourt.{HOST}"] = ["forecourt-verification=of-somebody-else"]
    assert actions.check_domain(domain_id=domain.pk, actor=actor).state == "WAITING"
    with pytest.raises(NotProven):
        actions.choose_domain(domain_id=domain.pk, actor=actor)
    set_record(zone, domain)
    with django_capture_on_commit_callbacks(using="control", execute=True):
        browser.post(f"/organisation/domains/{domain.pk}/check/")
    assert answers_at(HOST) == 200
    assert answers_at(HOST.upper()) == 200
    assert answers_at("alpha.localhost") == 200
    outbox.deliver_due(schema_name=group.schema_name)
    assert [each.to for each in mail.outbox] == [[owner.email]]
    with django_capture_on_commit_callbacks(using="control", execute=True):
        browser.post(f"/organisation/domains/{domain.pk}/remove/")
    assert answers_at(HOST) == 404
    assert list(Domain.objects.filter(tenant__slug="alpha").values_list("domain", flat=True)) == [
        "alpha.localhost"
    ]
    told = AuditEntry.objects.filter(subject_kind="tenants.owndomain").order_by("id")
    assert list(told.values_list("action", flat=True)) == [
        "domain_added", "domain_proven", "domain_removed",
    ]  # fmt: skip


def test_links_lead_to_the_name_that_is_chosen_and_back_when_it_goes(group, owner, zone):
    actor = actor_of(owner)
    domain = proven(zone, actor)
    actions.choose_domain(domain_id=domain.pk, actor=actor)

    assert address_of_links().startswith(f"http://{HOST}")
    assert Domain.objects.get(domain=HOST).is_primary
    actions.choose_domain(domain_id=None, actor=actor)
    assert address_of_links().startswith("http://alpha.localhost")
    actions.choose_domain(domain_id=domain.pk, actor=actor)
    actions.remove_domain(domain_id=domain.pk, actor=actor)
    assert address_of_links().startswith("http://alpha.localhost")
    assert Domain.objects.get(domain="alpha.localhost").is_primary


def test_cookies_are_the_names_own_and_nothing_is_promised_for_its_neighbours(
    group, owner, zone, settings
):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    proven(zone, actor_of(owner))
    browser = Client(headers={"host": HOST})
    with inside(group):
        owner.user.set_password("a-good-password")
        owner.user.save()
    page = browser.post(
        "/accounts/login/", {"login": owner.email, "password": "a-good-password"}, secure=True,
        headers={"Origin": f"https://{HOST}"},
    )  # fmt: skip
    assert page.status_code == 302
    assert browser.cookies["sessionid"]["domain"] == ""
    assert page.headers["Strict-Transport-Security"] == "max-age=3600"
    ours = Client(headers={"host": "alpha.localhost"}).get("/accounts/login/", secure=True)
    assert "includeSubDomains" in ours.headers["Strict-Transport-Security"]
    asks = Client(headers={"host": "localhost"})
    assert asks.get("/tls/ask/", {"domain": HOST}).status_code == 200
    assert asks.get("/tls/ask/", {"domain": "alpha.localhost"}).status_code == 200
    assert asks.get("/tls/ask/", {"domain": "other.huadong-auto.com"}).status_code == 404


def test_a_second_group_cannot_take_a_name_while_the_record_of_the_first_stands(
    group, other_group, owner, zone, django_capture_on_commit_callbacks
):
    mine = proven(zone, actor_of(owner))
    with inside(other_group):
        rival = make_staff("group_owner")
        with pytest.raises(HostTaken):
            actions.add_domain(host=HOST, actor=actor_of(rival))
    # Asked for before it was proven, and with a record of its own beside the first one's.
    theirs = OwnDomain.objects.create(
        group=DealerGroup.objects.get(slug="beta"), host=HOST, token="t" * 32,
        added_at=now(),
    )  # fmt: skip
    zone.texts[f"_forecourt.{HOST}"].append(domains.record_text(theirs))
    with inside(other_group), pytest.raises(HostTaken):
        actions.check_domain(domain_id=theirs.pk, actor=actor_of(rival))
    with inside(other_group), pytest.raises(NotFound):
        actions.remove_domain(domain_id=mine.pk, actor=actor_of(rival))
    with pytest.raises(IntegrityError), transaction.atomic(using="control"):
        OwnDomain.objects.filter(pk=theirs.pk).update(state="PROVEN")


def test_a_name_that_changed_hands_goes_to_whoever_can_prove_it(group, other_group, owner, zone):
    mine = proven(zone, actor_of(owner))
    zone.texts.clear()
    with inside(other_group):
        rival = actor_of(make_staff("group_owner"))
        theirs = proven(zone, rival)
    assert theirs.state == "PROVEN"
    assert Domain.objects.get(domain=HOST).tenant.slug == "beta"
    mine.refresh_from_db()
    assert (mine.state, mine.check_at) == ("LOST", None)
    assert AuditEntry.objects.filter(action="domain_lost", subject_label=HOST).exists()


def test_a_record_that_vanishes_is_told_and_the_name_goes_after_a_week(
    group, owner, zone, monkeypatch
):
    domain = proven(zone, actor_of(owner))
    moved = [timedelta(0)]
    monkeypatch.setattr(domains, "now", lambda: now() + moved[0])

    def a_day_passes() -> str:
        moved[0] += DAY + timedelta(minutes=1)
        domains.check_due()
        domain.refresh_from_db()
        return domain.state

    assert a_day_passes() == "PROVEN"
    zone.fails = True
    assert [a_day_passes() for _day in range(2)] == ["PROVEN"] * 2
    assert domain.missing_since is None  # who does not answer says nothing
    zone.fails = False
    zone.texts.clear()
    assert [a_day_passes() for _day in range(8)] == ["PROVEN"] * 7 + ["LOST"]
    assert answers_at(HOST) == 404
    actions_told = AuditEntry.objects.filter(subject_kind="tenants.owndomain").order_by("id")
    assert list(actions_told.values_list("action", flat=True)) == [
        "domain_added", "domain_proven", "domain_missing", "domain_lost",
    ]  # fmt: skip
    assert a_day_passes() == "LOST"
    set_record(zone, domain)
    assert actions.check_domain(domain_id=domain.pk, actor=actor_of(owner)).state == "PROVEN"


def test_a_name_whose_server_is_silent_for_days_goes_as_one_whose_record_is_gone(
    group, owner, zone, monkeypatch
):
    domain = proven(zone, actor_of(owner))
    zone.fails = True
    states = []
    for day in range(1, 12):
        monkeypatch.setattr(domains, "now", lambda day=day: now() + day * (DAY + HOUR / 10))
        domains.check_due()
        domain.refresh_from_db()
        states.append((domain.state, domain.missing_since is not None))
    assert states == [("PROVEN", False)] * 2 + [("PROVEN", True)] * 7 + [("LOST", True)] * 2


def test_one_name_in_trouble_does_not_keep_the_round_from_the_next(group, owner, zone, monkeypatch):
    broken, fine = (
        domains.add_domain(host=f"{name}.huadong-auto.com") for name in ("broken", "fine")
    )
    set_record(zone, fine)
    resolve = dns.resolver.Resolver.resolve

    def fail(resolver, name, *args, **options):
        if "broken" in name:
            raise OSError("too many open files")
        return resolve(resolver, name, *args, **options)

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", fail)
    OwnDomain.objects.update(check_at=now() - HOUR)
    domains.check_due()
    for domain in (broken, fine):
        domain.refresh_from_db()
    assert (broken.state, fine.state) == ("WAITING", "PROVEN")
    assert broken.check_at > now()  # and it is not asked again at once


def test_a_name_that_cannot_be_had_is_not_looked_for_for_ever(
    group, other_group, owner, zone, monkeypatch
):
    mine = proven(zone, actor_of(owner))
    beta = DealerGroup.objects.get(slug="beta")
    contested, silent = (
        OwnDomain.objects.create(
            group=beta, host=host, token=host[0] * 32, added_at=now(), check_at=now()
        )
        for host in (HOST, "silent.huadong-auto.com")
    )
    zone.texts[f"_forecourt.{HOST}"].append(domains.record_text(contested))
    zone.silent.add("_forecourt.silent.huadong-auto.com")
    domains.check_due()
    for each in (contested, silent):
        each.refresh_from_db()
        assert timedelta(minutes=50) < each.check_at - now() <= HOUR
    OwnDomain.objects.filter(group=beta).update(added_at=now() - 15 * DAY, check_at=now())
    domains.check_due()
    for each in (contested, silent, mine):
        each.refresh_from_db()
    assert (contested.state, contested.check_at) == ("WAITING", None)
    assert (silent.state, silent.check_at) == ("WAITING", None)
    assert mine.state == "PROVEN"


def test_links_that_open_an_account_lead_below_our_own_domain(group, owner, zone):
    domain = proven(zone, actor_of(owner))
    actions.choose_domain(domain_id=domain.pk, actor=actor_of(owner))
    identity = DealerGroup.objects.get(slug="alpha").identity
    with inside(identity):
        assert site_url("/").startswith(f"http://{HOST}")
        assert "alpha.localhost" in entries.issue(
            DealerGroup.objects.get(slug="alpha"), owner.email
        )
    asked = Client(headers={"host": HOST}).post("/accounts/password/reset/", {"email": owner.email})
    assert asked.status_code == 302
    outbox.deliver_due(schema_name=group.schema_name)
    body = next(each.body for each in reversed(mail.outbox) if "/reset/" in each.body)
    assert "http://alpha.localhost" in body
    assert HOST not in body


def test_an_address_that_nobody_proved_is_found_and_taken_over(group, owner, zone):
    beta = DealerGroup.objects.get(slug="beta")
    Domain.objects.create(domain=HOST, tenant=beta, is_primary=False)
    DealerGroup.objects.filter(slug="beta").update(host=HOST)
    assert {each.message for each in inspect_own_domains()} == {
        "answers and is not proven", "links lead there and it is not proven",
    }  # fmt: skip
    DealerGroup.objects.filter(slug="beta").update(host="")
    proven(zone, actor_of(owner))
    assert Domain.objects.get(domain=HOST).tenant.slug == "alpha"
    assert list(inspect_own_domains()) == []
    Domain.objects.filter(domain=HOST).delete()
    assert "is proven and does not answer" in {each.message for each in inspect_own_domains()}


def test_a_name_given_up_while_it_is_looked_for_answers_no_more(live_group, zone):
    actor = system_actor("test")
    for number in range(5):
        domain = actions.add_domain(host=f"race{number}.huadong-auto.com", actor=actor)
        set_record(zone, domain)

        def check(domain=domain):
            with inside(live_group):
                return domains.check_domain(domain)

        def remove(domain=domain):
            with inside(live_group):
                domains.remove_domain(domain_id=domain.pk)

        at_once(check, remove)
        assert not OwnDomain.objects.filter(pk=domain.pk).exists()
        assert not Domain.objects.filter(domain=domain.host).exists()


@pytest.mark.parametrize("chosen", ["abc", "9" * 5000, "１", "-1", "0x1"])
def test_a_choice_that_is_none_is_refused_and_changes_nothing(
    group, owner, zone, client_of, chosen
):
    domain = proven(zone, actor_of(owner))
    actions.choose_domain(domain_id=domain.pk, actor=actor_of(owner))
    answer = client_of(group, owner.user).post("/organisation/domains/choose/", {"domain": chosen})
    assert answer.status_code in (404, 422)
    assert DealerGroup.objects.get(slug="alpha").host == HOST


@pytest.mark.parametrize("asked", ["a\x00b.com", "a" * 300, "a" * 64 + ".com", "", "*.a.com", "车"])
def test_the_proxy_is_told_no_about_what_is_no_host_name(group, asked):
    answer = Client(headers={"host": "localhost"}).get("/tls/ask/", {"domain": asked})
    assert answer.status_code == 404


def test_a_host_that_is_not_ours_is_neither_led_on_nor_promised_anything(
    group, owner, zone, settings, tmp_path, django_capture_on_commit_callbacks
):
    (tmp_path / "file.css").write_text("p {}")
    settings.STATIC_ROOT = tmp_path
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 3600, True
    settings.SECURE_HSTS_PRELOAD = settings.SECURE_SSL_REDIRECT = True
    domain = proven(zone, actor_of(owner))
    own, ours = Client(headers={"host": HOST}), Client(headers={"host": "alpha.localhost"})
    unknown = Client(headers={"host": "unknown.huadong-auto.com"})
    style = f"{settings.STATIC_URL}file.css"
    for browser in (own, ours):
        assert browser.get("/accounts/login/").status_code == 301
    for path in ("/accounts/login/", style, "/"):
        refused = unknown.get(path)
        assert (refused.status_code, "Location" in refused.headers) == (404, False)
    sent = own.get(style, secure=True)
    assert (sent.status_code, sent.headers[HSTS]) == (200, "max-age=3600")
    assert "preload" in ours.get(style, secure=True).headers[HSTS]
    with django_capture_on_commit_callbacks(using="control", execute=True):
        actions.remove_domain(domain_id=domain.pk, actor=actor_of(owner))
    gone = own.get("/", secure=True)
    assert (gone.status_code, HSTS in gone.headers) == (404, False)


def test_a_name_that_waits_is_looked_for_by_itself_and_given_up_in_the_end(
    group, owner, zone, monkeypatch
):
    domain = actions.add_domain(host=HOST, actor=actor_of(owner))
    moved = [timedelta(0)]
    monkeypatch.setattr(domains, "now", lambda: now() + moved[0])
    domains.check_due()
    domain.refresh_from_db()
    assert domain.checked_at is None  # not due yet
    moved[0] = 15 * DAY
    domains.check_due()
    domain.refresh_from_db()
    assert (domain.state, domain.check_at) == ("WAITING", None)
    OwnDomain.objects.update(check_at=now())
    set_record(zone, domain)
    domains.check_due()
    domain.refresh_from_db()
    assert domain.state == "PROVEN"


def test_the_owner_alone_decides_and_the_plan_sets_how_many(group, owner, zone):
    clerk = make_staff("headquarters")
    with pytest.raises(NotPermitted):
        actions.add_domain(host=HOST, actor=actor_of(clerk))
    with (
        inside(stand(group, "ACTIVE", "starter")),
        override("en"),
        pytest.raises(LimitReached, match="Professional"),
    ):
        actions.add_domain(host=HOST, actor=actor_of(owner))
    actions.add_domain(host=HOST, actor=actor_of(owner))
    with pytest.raises(LimitReached):
        actions.add_domain(host=f"second.{HOST}", actor=actor_of(owner))
    OwnDomain.objects.all().delete()
    with inside(stand(group, "ACTIVE", "professional")):
        for number in range(3):
            actions.add_domain(host=f"a{number}.huadong-auto.com", actor=actor_of(owner))
        OwnDomain.objects.last().delete()
        with pytest.raises(HostAdded):
            actions.add_domain(host="a0.huadong-auto.com", actor=actor_of(owner))
        actions.add_domain(host="a2.huadong-auto.com", actor=actor_of(owner))
        with pytest.raises(LimitReached):
            actions.add_domain(host="a3.huadong-auto.com", actor=actor_of(owner))
        assert too_small(STARTER, all_used()) != ""
        assert too_small(PROFESSIONAL, all_used()) == ""
    assert OwnDomain.objects.count() == 3
