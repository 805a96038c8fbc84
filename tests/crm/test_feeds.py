"""Feeds: what other systems push becomes a lead, or waits to be mended; nothing is lost."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from apps.crm.actions import (
    change_feed,
    create_feed,
    dismiss_message,
    forget_payloads,
    receive_message,
    replay_message,
    save_feed_mapping,
    take_up_messages,
    try_feed,
)
from apps.crm.forms.feeds import FeedMappingForm
from apps.crm.models import Customer, FeedMessage, Interaction, Lead, LeadFeed
from apps.crm.rules.feeds import read_moment
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.errors import Conflict, Invalid, NotPermitted
from forecourt.kernel.models import AuditEntry
from tests.crm.feed_samples import FORM, JSON, autohome, dongchedi, yiche
from tests.factories.crm import next_phone
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide

SYSTEM = system_actor()
SAMPLES = {"autohome": autohome, "yiche": yiche, "dongchedi": dongchedi}


def make_feed(source="AUTOHOME", code="autohome", **fields):
    return create_feed(name=code, code=code, source=source, actor=SYSTEM, **fields)


def words(feed, **values):
    """The feed's mapping with other systems' words for some fields."""
    mapping = feed.mapping
    for target, ours in values.items():
        mapping[target]["values"] = ours
    return save_feed_mapping(feed_id=feed.pk, mapping=mapping, actor=SYSTEM)


def push(feed, sample):
    content_type, body = sample
    return receive_message(feed=feed, body=body.encode(), content_type=content_type)


@pytest.mark.parametrize(
    ("source", "dealer", "gender", "series"),
    [
        ("AUTOHOME", "88123", "MALE", "汉"),
        ("YICHE", "100456", "FEMALE", "海豹"),
        ("DONGCHEDI", "5501", "", "海豹"),
    ],
)
def test_three_platforms_formats_become_leads(group, source, dealer, gender, series):
    store = make_store(division_code="310115")
    advisor = make_staff(store=store)
    code = source.lower()
    feed = make_feed(source, code, campaign_code="spring").feed
    feed = words(feed, store={dealer: store.code.lower()})
    if source == "YICHE":
        feed = words(feed, gender={"2": "女", "1": "男"})

    receipt = push(feed, SAMPLES[code](1, "138 0013-8000"))

    lead = Lead.objects.select_related("customer").get()
    assert receipt.is_new
    assert (receipt.message.state, receipt.message.lead_id) == ("TAKEN", lead.pk)
    assert (lead.source, lead.store_id, lead.owner_id) == (source, store.pk, advisor.pk)
    assert (lead.brand, lead.series, lead.division_code) == ("比亚迪", series, "310000")
    assert (lead.customer.primary_phone, lead.customer.gender) == ("+8613800138000", gender)
    assert (lead.campaign_code, lead.external_id != "") == ("spring", True)
    assert lead.received_at == datetime(2026, 5, 4, 2, 11, 12, tzinfo=UTC)
    assert lead.payload == {"feed": code, "message": receipt.message.pk}
    assert AuditEntry.objects.get(action="registered").actor_name == code


def test_the_same_reference_again_makes_no_second_lead(group):
    make_staff(store=make_store())
    feed = words(make_feed().feed, store={"88123": ""})
    first = push(feed, autohome(1, "13800138000"))
    before = AuditEntry.objects.count()

    same = push(feed, autohome(1, "13800138000"))
    changed = push(feed, autohome(1, "13800138000", remark="改了一个字"))

    assert {same.message.pk} == {first.message.pk} != {changed.message.pk}
    assert same.is_redelivery
    assert changed.is_redelivery
    assert same.lead == changed.lead == first.lead
    assert Lead.objects.get().repeat_count == 0
    assert AuditEntry.objects.count() == before


def test_a_form_without_a_reference_is_told_apart_by_its_bytes(group):
    make_staff(store=make_store())
    feed = make_feed("WEB", "web").feed
    body = "phone=13800138000&name=%E5%BC%A0%E4%BC%9F&utm_campaign=may-fair"

    first = push(feed, (FORM, body))
    double_click = push(feed, (FORM, body))
    other = push(feed, (FORM, f"{body}&message=hello"))

    assert (first.is_new, double_click.is_redelivery, other.is_repeat) == (True, True, True)
    lead = Lead.objects.get()
    assert (lead.campaign_code, lead.repeat_count) == ("may-fair", 1)
    assert Interaction.objects.get().note == "hello"


@pytest.mark.parametrize(
    ("sample", "wrong"),
    [
        (autohome(1, "12"), ["phone"]),
        (
            autohome(1, "13800138000", dealerId="nobody", createTime="soon"),
            ["received_at", "store"],
        ),
        (autohome(1, "13800138000", cityName="亚特兰蒂斯"), ["division"]),
        ((JSON, '{"clueId": 4, "userName": "x"}'), ["phone"]),
        ((JSON, "[1, 2]"), ["payload"]),
        ((JSON, '{"mobile": "138'), ["payload"]),
        ((JSON, "{" * 5000), ["payload"]),
        ((JSON, '{"mobile": "\\ud800"}'), ["payload"]),
        (autohome(1, "13800138000", remark="a\x00b"), None),
        (autohome(1, "13800138000", remark="长" * 1001), ["message"]),
    ],
)
def test_what_makes_no_lead_is_kept_and_says_why(group, sample, wrong):
    make_staff(store=make_store())
    feed = words(make_feed().feed, store={"88123": ""})

    receipt = push(feed, sample)

    kept = FeedMessage.objects.get()
    assert kept.payload == sample[1]
    if wrong is None:
        assert Lead.objects.get().message == "ab"
        return
    assert receipt.lead is None
    assert (kept.state, kept.problems) == ("STUCK", wrong)
    assert not Lead.objects.exists()
    assert not Customer.objects.exists()


def test_a_stuck_message_is_mended_and_taken_in_once(group):
    store = make_store()
    make_staff(store=store)
    feed = make_feed().feed
    stuck = push(feed, autohome(1, "13800138000")).message
    with override("en"), pytest.raises(Conflict, match="Store"):
        replay_message(message_id=stuck.pk, actor=SYSTEM)
    assert not Lead.objects.exists()

    words(feed, store={"88123": store.code})
    receipt = replay_message(message_id=stuck.pk, actor=SYSTEM)

    assert (receipt.lead, receipt.message.problems) == (Lead.objects.get(), [])
    with pytest.raises(Conflict):
        replay_message(message_id=stuck.pk, actor=SYSTEM)
    with pytest.raises(Conflict):
        dismiss_message(message_id=stuck.pk, reason="x", actor=SYSTEM)
    assert Lead.objects.count() == 1
    assert not [problem for _name, found in verify.run_checks() for problem in found]


def test_a_message_that_nobody_ended_is_taken_up_again(group):
    make_staff(store=make_store())
    feed = words(make_feed().feed, store={"88123": ""})
    long_ago = now() - timedelta(minutes=5)
    for number, received_at in ((1, long_ago), (2, now())):
        content_type, body = autohome(number, next_phone())
        FeedMessage.objects.create(
            feed=feed,
            key=str(number),
            content_type=content_type,
            payload=body,
            received_at=received_at,
        )

    assert take_up_messages() == 1
    assert take_up_messages() == 0

    assert Lead.objects.get().external_id == "77000001"


def test_trying_says_what_each_field_becomes_and_writes_nothing(group):
    store = make_store()
    feed = make_feed().feed
    mapping = feed.mapping | {
        "store": {"path": "dealerId", "values": {"88123": store.code}, "otherwise": ""},
        "series": {"path": "nowhere | seriesId", "values": {"5769": "汉 DM-i"}, "otherwise": ""},
    }

    good = try_feed(
        feed_id=feed.pk,
        payload=autohome(1, "13800138000")[1],
        content_type=JSON,
        mapping=mapping,
        actor=SYSTEM,
    )
    bad = try_feed(feed_id=feed.pk, payload=autohome(1, "1")[1], content_type=JSON, actor=SYSTEM)

    found = {one.target: (one.raw, one.value) for one in good.found}
    assert found["series"] == ("5769", "汉 DM-i")
    assert (good.problems, good.details["store_id"]) == ({}, store.pk)
    assert sorted(bad.problems) == ["phone", "store"]
    assert not FeedMessage.objects.exists()
    assert not Lead.objects.exists()
    assert LeadFeed.objects.get().mapping != mapping


def test_custom_fields_are_filled_and_never_demanded(group):
    make_staff(store=make_store())
    colours = [{"value": "RED", "label_zh": "红"}, {"value": "BLUE", "label_zh": "蓝"}]
    for code, kind, more in (
        ("colour", "CHOICE", {"options": {"choices": colours}}),
        ("needed", "TEXT", {"is_required": True}),
    ):
        add_field(host="lead", code=code, kind=kind, label_zh=code, actor=SYSTEM, **more)
    feed = make_feed("WEB", "web").feed
    mapping = feed.mapping | {
        "custom.colour": {"path": "paint", "values": {"rouge": "红"}, "otherwise": "蓝"}
    }
    feed = save_feed_mapping(feed_id=feed.pk, mapping=mapping, actor=SYSTEM)

    push(feed, (JSON, json.dumps({"phone": next_phone(), "paint": "rouge"})))
    push(feed, (JSON, json.dumps({"phone": next_phone()})))
    push(feed, (JSON, json.dumps({"phone": next_phone(), "paint": "mauve"})))

    assert [lead.custom["colour"] for lead in Lead.objects.order_by("pk")] == ["RED", "BLUE"]
    assert FeedMessage.objects.get(state="STUCK").problems == ["custom.colour"]


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({}, "phone"),
        ({"phone": {"path": "a b"}}, "phone"),
        ({"phone": {"path": "a..b"}}, "phone"),
        ({"phone": {"path": "a[x]"}}, "phone"),
        ({"phone": {"path": "a"}, "owner": {"path": "b"}}, "mapping"),
        ({"phone": {"path": "a"}, "custom.none": {"path": "b"}}, "mapping"),
        ({"phone": {"path": "a"}, "brand": {"path": "b", "values": {"x": "y" * 201}}}, "brand"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(group, mapping, field):
    feed = make_feed().feed

    with pytest.raises(Invalid) as refusal:
        save_feed_mapping(feed_id=feed.pk, mapping=mapping, actor=SYSTEM)

    assert refusal.value.field == field
    assert LeadFeed.objects.get().mapping == feed.mapping


def test_a_code_is_one_feeds_and_only_those_with_the_right_keep_feeds(group):
    store = make_store()
    make_feed()
    with pytest.raises(Conflict):
        make_feed()
    other = make_feed("YICHE", "yiche").feed
    with pytest.raises(Conflict):
        change_feed(feed_id=other.pk, code="autohome", actor=SYSTEM)
    with pytest.raises(NotPermitted):
        create_feed(
            name="x", code="xx", source="WEB", actor=actor_of(make_staff("store_manager", store))
        )

    assert sorted(LeadFeed.objects.values_list("code", flat=True)) == ["autohome", "yiche"]


def test_payloads_are_kept_for_so_long_and_what_is_to_be_mended_stays(group):
    make_staff(store=make_store())
    feed = words(make_feed().feed, store={"88123": ""})
    taken = push(feed, autohome(1, next_phone())).message
    stuck = push(feed, autohome(2, "1")).message
    decide("crm.feed_payload_days", 30)
    assert forget_payloads() == 0
    FeedMessage.objects.filter(pk=taken.pk).update(settled_at=now() - timedelta(days=31))

    assert forget_payloads() == 1
    assert forget_payloads() == 0

    assert not FeedMessage.objects.get(pk=taken.pk).payload
    assert FeedMessage.objects.get(pk=stuck.pk).payload
    assert FeedMessage.objects.get(pk=taken.pk).lead_id is not None


def test_every_field_of_a_mapping_looks_like_a_field(group):
    form = FeedMappingForm(mapping={})

    plain = [
        name
        for name, field in form.fields.items()
        if not {"form-control", "form-select"} & set(field.widget.attrs.get("class", "").split())
    ]
    assert plain == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("1777860672", datetime(2026, 5, 4, 2, 11, 12, tzinfo=UTC)),
        ("1777860672000", datetime(2026, 5, 4, 2, 11, 12, tzinfo=UTC)),
        ("2026-05-04T10:11:12+08:00", datetime(2026, 5, 4, 2, 11, 12, tzinfo=UTC)),
        ("2026-05-04 02:11:12", datetime(2026, 5, 4, 2, 11, 12, tzinfo=UTC)),
        ("2026-05-04 03:05:00", datetime(2026, 5, 4, 3, 0, tzinfo=UTC)),
        ("9" * 40, None),
        ("2026-13-01 00:00:00", None),
    ],
)
def test_times_are_read_as_systems_write_them(word, expected):
    moment = datetime(2026, 5, 4, 3, 0, tzinfo=UTC)
    if expected is None:
        with override("en"), pytest.raises(Invalid):
            read_moment(word, zone=UTC, now=moment)
        return

    assert read_moment(word, zone=UTC, now=moment) == expected
