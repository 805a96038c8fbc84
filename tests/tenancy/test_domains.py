"""Host names of a group's own, proven by a real DNS server on loopback."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from socketserver import BaseRequestHandler, ThreadingUDPServer

import dns.flags
import dns.message
import dns.rcode
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
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.groups import inside, site_url
from forecourt.kernel.models import AuditEntry
from tenants import domains
from tenants.domains import HostAdded, HostTaken, NotProven
from tenants.hosts import HostRefused, cleaned
from tenants.models import DealerGroup, Domain, OwnDomain
from tests.billing.test_standing import stand
from tests.factories.organisation import actor_of, make_staff

HOST = "dms.huadong-auto.com"
DAY = timedelta(days=1)


class Zone:
    """What the name server knows: ``texts[name]`` are its TXT records; or it fails."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.fails = False

    def answer(self, wire: bytes) -> bytes:
        question = dns.message.from_wire(wire)
        answer = dns.message.make_response(question)
        asked = question.question[0]
        name = asked.name.to_text().rstrip(".").lower()
        if self.fails:
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
        ("车.example-auto.cn", "xn--4gq.example-auto.cn"),
        ("huadong.com.cn", "huadong.com.cn"),
    ],
)
def test_a_name_is_kept_as_the_dns_writes_it(typed, host):
    assert cleaned(typed).split(".")[1:] == host.split(".")[1:]
    assert cleaned(typed).isascii()


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
    assert a_day_passes() == "PROVEN"
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
    with inside(stand(group, "ACTIVE", "professional")):
        for number in range(3):
            actions.add_domain(host=f"a{number}.huadong-auto.com", actor=actor_of(owner))
        with pytest.raises(HostAdded):
            # The same name is said to be there before the limit is asked about a fourth.
            OwnDomain.objects.last().delete()
            actions.add_domain(host="a0.huadong-auto.com", actor=actor_of(owner))
        actions.add_domain(host="a2.huadong-auto.com", actor=actor_of(owner))
        with pytest.raises(LimitReached):
            actions.add_domain(host="a3.huadong-auto.com", actor=actor_of(owner))
        assert too_small(STARTER, all_used()) != ""
        assert too_small(PROFESSIONAL, all_used()) == ""
    assert OwnDomain.objects.count() == 3
