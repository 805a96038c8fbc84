"""Messages leave once, later when they must, and never in silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.notifications import actions
from apps.notifications.actions import notify, send_again
from apps.notifications.actions.sending import deliver
from apps.notifications.channels import NotNow, Refused, Unknown, channel
from apps.notifications.errors import NotToBeSentAgain
from apps.notifications.models import Delivery, Notification
from apps.notifications.registry import Event, declare
from forecourt.kernel import verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.models import OutboxMessage
from forecourt.kernel.outbox import deliver_due
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.notifications.servers import Provider, http_server

SYSTEM = system_actor()
State, Reason = Delivery.State, Delivery.Reason
WEBHOOK = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc-4bc4"


@pytest.fixture(autouse=True)
def no_event_is_left() -> Iterator[None]:
    from apps.notifications import registry

    yield
    for code in [code for code in registry._events if code.startswith("testing.")]:
        registry._events.pop(code)


@pytest.fixture(autouse=True)
def everything_stays_true(group) -> Iterator[None]:
    yield
    found = {name: problems for name, problems in verify.run_checks() if problems}
    assert found == {}


def event(**fields) -> Event:
    return declare(
        Event(
            **{
                "code": "testing.news",
                "label": "News",
                "receivers": "x",
                "title": "News of {guest}",
                "title_many": "{count} news",
                "body": "Come at {when}",
                "placeholders": {"guest": "Guest", "when": "When"},
                "channels": ("in_app", "email"),
                "link": "organisation:staff_detail",
                "is_urgent": True,
                **fields,
            }
        )
    )


def tell(told: Event, *people, key: str = "1", guest: str = "A") -> None:
    notify(
        told,
        recipients=[person.pk for person in people],
        subject=people[0],
        values={"guest": guest},
        key=key,
        actor=SYSTEM,
    )


def run(group) -> None:
    deliver_due(schema_name=group.schema_name)


def at_once(group) -> None:
    """Let all waiting be over."""
    OutboxMessage.objects.filter(delivered_at__isnull=True).update(available_at=now())
    run(group)


def set_up(code: str, values: dict, **options) -> None:
    owner = make_staff("group_owner")
    actions.configure_channel(code=code, values=values, actor=actor_of(owner), **options)
    cache.clear()


# --- From the change to the mail ----------------------------------------------------------------


def test_a_mail_leaves_after_the_change_in_the_readers_language(group):
    one = make_staff(name="李娜")
    one.user.language = "zh-hans"
    one.user.save()
    tell(event(), one)
    assert mail.outbox == []

    run(group)

    letter = mail.outbox[0]
    assert letter.to == [one.email]
    assert letter.subject == "News of A"
    assert f"http://alpha.localhost:8000/organisation/staff/{one.pk}/" in letter.body
    assert "http://alpha.localhost:8000/notifications/preferences/" in letter.body
    assert "在 Forecourt 中打开" in letter.alternatives[0].content
    row = Delivery.objects.get()
    assert (row.state, row.recipient_name, row.attempts) == (State.SENT, "李娜", 1)
    assert row.reference == letter.extra_headers["Message-ID"]


def test_telling_many_costs_three_statements(group):
    told = event()
    people = [make_staff() for _number in range(15)]
    tell(told, people[0], key="warm")

    with CaptureQueriesContext(connection) as queries:
        tell(told, *people)

    assert len(queries) == 3
    assert Delivery.objects.filter(key="1").count() == 15


def test_the_same_message_leaves_once_however_often_it_is_told_and_tried(group):
    told = event()
    one = make_staff()
    for _time in range(3):
        tell(told, one)
        run(group)
    OutboxMessage.objects.update(delivered_at=None, available_at=now())
    run(group)

    assert len(mail.outbox) == 1
    assert Delivery.objects.count() == Notification.objects.count() == 1


def test_several_of_a_kind_go_out_in_one_mail(group):
    told = event(is_groupable=True)
    one, two = make_staff(), make_staff()
    for number in range(3):
        tell(told, one, key=str(number), guest=f"guest {number}")
    tell(told, two, key="0")

    run(group)

    assert sorted(letter.subject for letter in mail.outbox) == ["3 news", "News of A"]
    letter = next(letter for letter in mail.outbox if letter.subject == "3 news")
    assert "News of guest 2" in letter.body
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_what_is_not_urgent_waits_a_moment_to_be_gathered(group):
    told = event(is_groupable=True, is_urgent=False)
    with time_machine.travel(noon(), tick=False):
        tell(told, make_staff())
        run(group)
        assert mail.outbox == []
    with time_machine.travel(noon() + timedelta(seconds=61), tick=False):
        run(group)

    assert len(mail.outbox) == 1


def noon() -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(), time(12)))


def test_somebody_who_left_meanwhile_is_written_no_more(group):
    one = make_staff()
    tell(event(), one)
    one.state = "LEFT"
    one.save()

    run(group)

    row = Delivery.objects.get()
    assert (row.state, row.reason) == (State.HELD, Reason.GONE)
    assert mail.outbox == []


# --- What people chose --------------------------------------------------------------------------


def choose(person, channels: dict, *, quiet=("22:00", "07:00")) -> None:
    actions.choose_channels(
        channels=channels,
        quiet_from=time.fromisoformat(quiet[0]),
        quiet_to=time.fromisoformat(quiet[1]),
        actor=actor_of(person),
    )
    cache.clear()


def test_people_hear_where_they_chose(group):
    told = event()
    one, two, three = make_staff(), make_staff(), make_staff()
    choose(one, {told.code: ["in_app"]})
    choose(two, {told.code: []})

    tell(told, one, two, three)
    run(group)

    assert [letter.to for letter in mail.outbox] == [[three.email]]
    heard = set(Notification.objects.values_list("recipient_id", flat=True))
    assert heard == {one.pk, three.pk}


@pytest.mark.parametrize(("urgent", "mails"), [(False, 0), (True, 1)])
def test_in_quiet_hours_only_what_is_urgent_leaves(group, urgent, mails):
    told = event(is_urgent=urgent)
    night = noon().replace(hour=23, minute=30)
    with time_machine.travel(night, tick=False):
        tell(told, make_staff())
        run(group)
        assert len(mail.outbox) == mails
    with time_machine.travel(night + timedelta(hours=7, minutes=31), tick=False):
        run(group)

    assert len(mail.outbox) == 1


def test_whoever_wants_no_quiet_has_none(group):
    told = event(is_urgent=False)
    one = make_staff()
    choose(one, {}, quiet=("08:00", "08:00"))
    with time_machine.travel(noon().replace(hour=23), tick=False):
        tell(told, one)
        run(group)

    assert len(mail.outbox) == 1


# --- Chats --------------------------------------------------------------------------------------


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with http_server() as server:
        settings.NOTIFICATION_PROVIDERS = {"wecom": server.url}
        server.answers = [(200, {"errcode": 0}, {})]
        yield server


def test_a_chat_gets_one_message_and_mentions_whom_it_concerns(group, provider):
    told = event(channels=("in_app",))
    set_up("wecom", {"webhook": WEBHOOK}, events=[told.code])
    one, two = make_staff(mobile="+8613900139000"), make_staff(mobile="+8613900139001")

    tell(told, one, two)
    run(group)

    assert len(provider.requests) == 1
    text = provider.requests[0].json["text"]
    assert text["mentioned_mobile_list"] == ["13900139000", "13900139001"]
    assert Delivery.objects.get().recipient_kind == "chat"


def test_a_chat_gets_only_what_the_group_chose_for_it(group, provider):
    told = event()
    set_up("wecom", {"webhook": WEBHOOK}, events=["crm.lead_assigned"])

    tell(told, make_staff())
    run(group)

    assert provider.requests == []


def test_a_channel_that_is_switched_off_sends_nothing_and_says_so(group, provider):
    told = event(channels=("in_app",))
    set_up("wecom", {"webhook": WEBHOOK}, events=[told.code])
    tell(told, make_staff())
    owner = actor_of(make_staff("group_owner"))
    actions.switch_channel(code="wecom", is_on=False, actor=owner)
    cache.clear()

    run(group)
    tell(told, make_staff(), key="2")

    row = Delivery.objects.get()
    assert (row.state, row.reason) == (State.HELD, Reason.CHANNEL_OFF)
    assert provider.requests == []


# --- Failures -----------------------------------------------------------------------------------


@pytest.fixture
def far_side(monkeypatch) -> list:
    """The mail channel's far side: raises what stands in the list, once each, then takes all."""
    outcomes: list[Exception] = []
    used = channel("email")
    send = used.send

    def fail(message, configuration, before_sending):
        if not outcomes:
            return send(message, configuration, before_sending)
        failure = outcomes.pop(0)
        if not isinstance(failure, NotNow) or failure.wait:
            before_sending()
        raise failure

    monkeypatch.setattr(used, "send", fail)
    return outcomes


def test_a_busy_provider_is_tried_again_with_growing_waits(group, far_side):
    far_side += [NotNow("down"), NotNow("slow down", wait=timedelta(minutes=7)), NotNow("down")]
    tell(event(), make_staff())
    waits = []
    for _try in range(3):
        at_once(group)
        waits.append(OutboxMessage.objects.get().available_at - now())
        row = Delivery.objects.get()
        assert (row.state, row.reason) == (State.WAITING, Reason.BUSY)
    at_once(group)

    minutes = [round(wait.total_seconds() / 60, 1) for wait in waits]
    assert minutes == [0.2, 7.0, 5.0]
    row = Delivery.objects.get()
    assert (row.state, row.attempts, len(mail.outbox)) == (State.SENT, 4, 1)


def test_it_is_given_up_after_many_tries_and_says_so(group, far_side):
    far_side += [NotNow("down")] * 20
    tell(event(), make_staff())
    for _try in range(12):
        at_once(group)

    row = Delivery.objects.get()
    assert (row.state, row.reason, row.error) == (State.REFUSED, Reason.GAVE_UP, "down")
    assert row.attempts < 10
    assert not OutboxMessage.objects.filter(delivered_at__isnull=True).exists()


def test_a_refusal_is_not_tried_again(group, far_side):
    far_side.append(Refused("550 no such mailbox"))
    tell(event(), make_staff())
    for _try in range(3):
        at_once(group)

    row = Delivery.objects.get()
    assert (row.state, row.reason) == (State.REFUSED, Reason.REFUSED)
    assert row.error == "550 no such mailbox"
    assert (row.attempts, mail.outbox) == (1, [])


def test_an_unknown_fate_is_not_tried_again_by_itself(group, far_side):
    far_side.append(Unknown("timed out"))
    tell(event(), make_staff())
    for _try in range(3):
        at_once(group)

    row = Delivery.objects.get()
    assert (row.state, row.reason) == (State.UNKNOWN, Reason.INTERRUPTED)
    assert mail.outbox == []


def test_a_claim_whose_worker_died_becomes_an_unknown_fate(group):
    tell(event(), make_staff())
    Delivery.objects.update(state=State.SENDING, claimed_at=now() - timedelta(seconds=5))
    at_once(group)
    assert Delivery.objects.get().state == State.SENDING, "another worker may be at it"

    Delivery.objects.update(claimed_at=now() - timedelta(minutes=10))
    at_once(group)

    row = Delivery.objects.get()
    assert (row.state, row.reason, mail.outbox) == (State.UNKNOWN, Reason.INTERRUPTED, [])


def test_a_message_that_another_worker_takes_meanwhile_is_left_to_it(group, monkeypatch):
    tell(event(), make_staff())
    used = channel("email")
    send = used.send

    def overtaken(message, configuration, before_sending):
        Delivery.objects.update(state=State.SENDING, claimed_at=now())
        return send(message, configuration, before_sending)

    monkeypatch.setattr(used, "send", overtaken)
    run(group)

    assert mail.outbox == []
    Delivery.objects.update(state=State.SENT, ended_at=now())


def test_a_person_sends_again_what_did_not_go_and_nothing_else(group, far_side):
    far_side.append(Refused("550 full"))
    owner = actor_of(make_staff("group_owner"))
    tell(event(), make_staff())
    run(group)
    row = Delivery.objects.get()

    with pytest.raises(NotPermitted):
        send_again(delivery_id=row.pk, actor=actor_of(make_staff(store=make_store())))
    send_again(delivery_id=row.pk, actor=owner)
    with pytest.raises(NotToBeSentAgain):
        send_again(delivery_id=row.pk, actor=owner)
    run(group)
    with pytest.raises(NotToBeSentAgain):
        send_again(delivery_id=row.pk, actor=owner)

    row.refresh_from_db()
    assert (row.state, len(mail.outbox)) == (State.SENT, 1)


def test_a_message_of_a_row_that_is_gone_is_forgotten(group):
    deliver(
        {
            "event": "x",
            "key": "x",
            "channel": "email",
            "recipient_kind": "staff",
            "recipient_id": 1,
        },
        "x",
    )

    assert mail.outbox == []


# --- In the end ---------------------------------------------------------------------------------


def test_what_has_served_its_time_goes(group):
    told = event()
    one = make_staff()
    for key in ("old", "unread", "fresh"):
        tell(told, one, key=key)
    run(group)
    long_ago = now() - timedelta(days=200)
    Notification.objects.filter(key="old").update(created_at=long_ago, read_at=long_ago)
    Notification.objects.filter(key="unread").update(created_at=long_ago)
    Delivery.objects.filter(key="old").update(created_at=long_ago, ended_at=long_ago)

    actions.clear_old()

    kept = set(Notification.objects.values_list("key", flat=True))
    assert kept == {"unread", "fresh"}
    assert set(Delivery.objects.values_list("key", flat=True)) == {"unread", "fresh"}
