"""Campaigns: prepared, sent once, paused and stopped; what came of them and what it cost."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from apps.crm.actions import register_lead, register_visit, win_opportunity
from apps.crm.models import Customer
from apps.marketing import links, queries
from apps.marketing.actions import (
    carry_out,
    finish_campaigns,
    note_spending,
    pause_campaign,
    reaching,
    save_campaign,
    start_campaign,
    stop_campaign,
)
from apps.marketing.errors import WrongState
from apps.marketing.models import Campaign, Reach
from apps.notifications.models import Delivery
from forecourt.kernel import outbox
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.verify import run_checks
from tests.factories.crm import make_customer, make_opportunity
from tests.factories.marketing import make_segment
from tests.factories.organisation import actor_of, make_staff, make_store

BOSS = system_actor()
NOON = datetime(2026, 3, 5, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
EVENING = timedelta(hours=7, minutes=59, seconds=59)
"""To the last second in which messages leave: they are spread over all before it."""


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def make_reader(advisor, **fields) -> Customer:
    customer = make_customer(owner=advisor)
    agrees = {"email": f"c{customer.pk}@mail.example", "consents": {"email": True}}
    Customer.objects.filter(pk=customer.pk).update(**{**agrees, **fields})
    return customer


def make_campaign(**fields) -> Campaign:
    defaults = {
        "name": "Spring",
        "segment_id": make_segment().pk,
        "channel": "email",
        "title": "Come, {name}",
        "text": "{link}",
        "link_url": "https://dealer.example/spring",
        "starts_on": today(),
        "ends_on": today() + timedelta(days=7),
        "budget_amount": Decimal("900.00"),
    }
    return save_campaign(actor=BOSS, **{**defaults, **fields})


def sent(campaign: Campaign, clock) -> Campaign:
    start_campaign(campaign_id=campaign.pk, actor=BOSS)
    clock.shift(EVENING)
    carry_out()
    outbox.deliver_due(schema_name=current_schema())
    return campaign


def test_a_campaign_writes_once_to_each_customer_and_counts_what_followed(
    advisor, store, clock, group, client_of
):
    first, second = make_reader(advisor), make_reader(advisor)
    deal = make_opportunity(owner=advisor)
    Customer.objects.filter(pk=deal.customer_id).update(
        email="deal@mail.example", consents={"email": True}
    )
    silent = make_reader(advisor, consents={})
    campaign = make_campaign()
    outlook = queries.campaign_outlook(campaign, BOSS)
    assert (outlook.count, outlook.reached) == (4, 3)

    sent(campaign, clock)
    carry_out()
    assert Delivery.objects.filter(state="SENT").count() == 3
    reach = Reach.objects.get(customer=first)
    page = client_of(group).get("/" + links.address_for(reach.pk).split("/", 3)[3])
    assert (page.status_code, page.url) == (302, "https://dealer.example/spring")
    register_visit(actor=BOSS, store_id=store.pk, reason="LOOK", customer_id=second.pk)
    win_opportunity(opportunity_id=deal.pk, actor=BOSS)
    browser = client_of(group, make_staff("marketer").user)
    reply = f"/marketing/campaigns/{campaign.pk}/customers/{first.pk}/reply/"
    tab = f"/marketing/campaigns/{campaign.pk}/?tab=customers"
    assert reply in browser.get(tab).text
    for _again in range(2):
        browser.post(reply)
    assert reply not in browser.get(tab).text
    campaign = note_spending(campaign_id=campaign.pk, spent_amount=Decimal("500.00"), actor=BOSS)

    result = queries.result_of(campaign)
    assert (result.meant, result.sent, result.held) == (4, 3, 1)
    assert (result.opened, result.replied, result.visited, result.ordered) == (1, 1, 1, 1)
    assert (result.cost, result.cost_per_order) == (Decimal("500.00"), Decimal("500.00"))
    assert Reach.objects.get(customer=silent).reason == "NO_CONSENT"
    assert finish_campaigns() == 1
    assert queries.results_by_channel(BOSS)["email"].sent == 3
    assert [found for _name, found in run_checks() if found] == []


def test_what_comes_after_the_days_of_effect_is_not_put_down_to_it(advisor, store, clock):
    customer = make_reader(advisor)
    campaign = sent(make_campaign(window_days=3), clock)
    clock.shift(timedelta(days=4))

    register_lead(
        actor=BOSS, source="WEB", phone=Customer.objects.get(pk=customer.pk).primary_phone
    )

    assert queries.result_of(campaign).leads == 0


def test_a_pause_holds_what_waits_and_a_stop_ends_it(advisor, clock):
    make_reader(advisor)
    campaign = make_campaign()
    start_campaign(campaign_id=campaign.pk, actor=BOSS)
    pause_campaign(campaign_id=campaign.pk, actor=BOSS)
    clock.shift(EVENING)

    assert carry_out() == 0
    start_campaign(campaign_id=campaign.pk, actor=BOSS)
    assert Reach.objects.count() == 1
    stop_campaign(campaign_id=campaign.pk, actor=BOSS)
    assert carry_out() == 0

    assert Reach.objects.get().reason == "STOPPED"
    for act in (start_campaign, pause_campaign, stop_campaign):
        with pytest.raises(WrongState):
            act(campaign_id=campaign.pk, actor=BOSS)
    with pytest.raises(WrongState):
        save_campaign(campaign_id=campaign.pk, name="x", actor=BOSS)
    assert not Delivery.objects.exists()


def test_a_worker_that_dies_within_a_batch_leaves_nobody_written_to_twice_or_forgotten(
    advisor, clock, monkeypatch
):
    for _number in range(3):
        make_reader(advisor)
    campaign = make_campaign()
    start_campaign(campaign_id=campaign.pk, actor=BOSS)
    clock.shift(EVENING)

    monkeypatch.setattr(reaching, "_settle", _die)
    with pytest.raises(KeyboardInterrupt):
        carry_out()
    assert not Delivery.objects.exists()
    monkeypatch.undo()
    carry_out()
    carry_out()

    assert Delivery.objects.count() == 3
    assert Reach.objects.filter(state="QUEUED").count() == 3


def _die(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_what_makes_no_sense_is_refused_beside_its_field(advisor, store):
    wrong = (
        ({"text": "{link}", "link_url": ""}, "link_url"),
        ({"link_url": "http://dealer.example"}, "link_url"),
        ({"text": "{nobody}"}, "text"),
        ({"title": ""}, "title"),
        ({"channel": "wecom"}, "channel"),
        ({"ends_on": today() - timedelta(days=1)}, "ends_on"),
        ({"budget_amount": Decimal(-1)}, "budget_amount"),
        ({"window_days": 0}, "window_days"),
    )
    for values, field in wrong:
        with pytest.raises(Invalid) as refusal:
            make_campaign(**values)
        assert refusal.value.field == field, values
    with pytest.raises(NotPermitted):
        save_campaign(
            actor=actor_of(make_staff("store_manager", store=store)),
            name="all",
            segment_id=make_segment().pk,
            channel="sms",
            text="x",
            starts_on=today(),
            ends_on=today(),
        )
    assert not Campaign.objects.exists()


def _page(name: str, *args: object) -> str:
    return reverse(f"marketing:{name}", args=args, urlconf="forecourt.config.urls_group")


def test_the_marketer_prepares_previews_and_starts_a_campaign_and_looks_at_the_pages(
    group, client_of, advisor, django_assert_max_num_queries
):
    make_reader(advisor, name="王小明")
    client = client_of(group, make_staff("marketer").user)
    fields = {
        "name": "Spring",
        "segment_id": make_segment().pk,
        "channel": "email",
        "title": "Come",
        "text": "Dear {name}, {store}",
        "starts_on": today().isoformat(),
        "ends_on": today().isoformat(),
        "window_days": "14",
    }

    refused = client.post(_page("campaign_create"), {**fields, "text": "{nobody}"})
    assert (refused.status_code, Campaign.objects.count()) == (422, 0)
    client.post(_page("campaign_create"), fields)
    campaign = Campaign.objects.get()
    assert "Dear 王小明" in client.get(_page("campaign_detail", campaign.pk)).content.decode()
    client.post(_page("campaign_start", campaign.pk))

    campaign.refresh_from_db()
    assert (campaign.state, Reach.objects.count()) == ("RUNNING", 1)
    for name, args in (
        ("campaign_detail", [campaign.pk]),
        ("campaign_list", []),
        ("automation_list", []),
        ("automation_create", []),
        ("held_list", []),
        ("tag_rule_list", []),
    ):
        client.get(_page(name, *args))
        with django_assert_max_num_queries(20 if name == "automation_create" else 12):
            assert client.get(_page(name, *args)).status_code == 200, name
