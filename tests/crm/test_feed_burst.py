"""A burst of enquiries from several feeds at once, with repeats, through the front door."""

from django.conf import settings
from django.db.models import Sum
from django.test import Client

from apps.crm.actions import create_feed, save_feed_mapping
from apps.crm.models import Customer, FeedMessage, Interaction, Lead
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.models import AuditEntry
from tests.crm.feed_samples import autohome, dongchedi, yiche
from tests.factories.organisation import make_staff, make_store
from tests.factories.settings import decide
from tests.races import in_threads

SYSTEM = system_actor()
CUSTOMERS, WORKERS = 500, 8
FEEDS = {"autohome": autohome, "yiche": yiche, "dongchedi": dongchedi}


def burst():
    """500 customers; every fifth is sent twice by the same feed, every tenth asks elsewhere too."""
    codes = list(FEEDS)
    sent = []
    for number in range(CUSTOMERS):
        phone = f"139{number:08d}"
        code = codes[number % 3]
        sent.append((code, FEEDS[code](number, phone)))
        if number % 5 == 0:
            sent.append(sent[-1])
        if number % 10 == 0:
            other = codes[(number + 1) % 3]
            sent.append((other, FEEDS[other](number + 10_000, phone)))
    return sent


def state():
    return (
        Lead.objects.count(),
        Customer.objects.count(),
        Interaction.objects.count(),
        FeedMessage.objects.count(),
        AuditEntry.objects.count(),
        Lead.objects.aggregate(total=Sum("repeat_count"))["total"],
    )


def test_five_hundred_at_once_are_neither_lost_nor_doubled_and_again_changes_nothing(live_group):
    store = make_store(division_code="310115")
    advisors = [make_staff(store=store) for _ in range(8)]
    tokens = {}
    for code in FEEDS:
        made = create_feed(name=code, code=code, source=code.upper(), actor=SYSTEM)
        mapping = made.feed.mapping
        for words_of_their_own in ("store", "gender"):
            mapping.pop(words_of_their_own, None)
        save_feed_mapping(feed_id=made.feed.pk, mapping=mapping, actor=SYSTEM)
        tokens[code] = made.token
    decide("crm.open_lead_cap", 200)
    host = f"{live_group.slug}.{settings.BASE_DOMAIN}"

    def send(worker):
        # Each starts elsewhere, so that what belongs together meets under way.
        mine = sent[worker::WORKERS]
        client = Client(headers={"host": host})
        return [
            client.post(
                f"/api/v1/feeds/{code}",
                data=body,
                content_type=content_type,
                headers={"authorization": f"Bearer {tokens[code]}"},
            ).status_code
            for code, (content_type, body) in mine
        ]

    sent = burst()
    answers = in_threads(live_group, WORKERS, send)

    statuses = [status for answer in answers for status in answer]
    assert len(statuses) == len(sent) == CUSTOMERS + CUSTOMERS // 5 + CUSTOMERS // 10
    assert statuses.count(201) == CUSTOMERS
    assert set(statuses) == {200, 201}
    leads = list(Lead.objects.all())
    assert len(leads) == Customer.objects.count() == CUSTOMERS
    assert {lead.state for lead in leads} == {"ASSIGNED"}
    assert {lead.owner_id for lead in leads} == {advisor.pk for advisor in advisors}
    assert all(lead.assignment["how"] == "rule" for lead in leads)
    assert all(lead.assignment["candidates"][0]["id"] == lead.owner_id for lead in leads)
    assert AuditEntry.objects.filter(action="registered").count() == CUSTOMERS
    assert sum(lead.repeat_count for lead in leads) == CUSTOMERS // 10
    assert FeedMessage.objects.filter(state="TAKEN").count() == CUSTOMERS + CUSTOMERS // 10
    shares = [Lead.objects.filter(owner=advisor).count() for advisor in advisors]
    assert max(shares) - min(shares) <= 1

    before = state()
    again = in_threads(live_group, WORKERS, send)

    assert {status for answer in again for status in answer} == {200}
    assert state() == before
    assert not [problem for _name, found in verify.run_checks() for problem in found]
