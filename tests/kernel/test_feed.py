"""The stream of events: everything once and in an order that holds, for those who may hear it."""

import threading

import pytest
from django.db import connections, transaction
from django.urls import reverse

from apps.crm.actions import mark_invalid
from forecourt.kernel import audit, feed
from forecourt.kernel.access import Actor, Grant, all_permissions, system_actor
from forecourt.kernel.feed import Cursor, FeedEvent, UnknownCursor
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_staff, make_store

EVERYTHING = system_actor()


def heard(actor: Actor = EVERYTHING, after: Cursor | None = None, *types: str) -> list[str]:
    """The types of what is new to somebody, read in small steps."""
    feed.refresh()
    wanted = feed.named(types) if types else list(feed.all_events().values())
    cursor, found, has_more = after or Cursor(), [], True
    while has_more:
        batch = feed.read(actor=actor, types=wanted, after=cursor, limit=2)
        assert len(batch.events) <= 2
        found += [event.type.type for event in batch.events]
        cursor, has_more = batch.cursor, batch.has_more
    return found


def latest() -> Cursor:
    feed.refresh()
    return feed.end()


def test_changes_are_events_in_their_order(group: GroupIdentity) -> None:
    before = latest()
    person = make_staff("sales_advisor", make_store())
    lead = make_lead(owner=person)
    mark_invalid(lead_id=lead.pk, reason="DUPLICATE", actor=EVERYTHING)

    assert heard(EVERYTHING, before) == ["customer.created", "lead.registered", "lead.invalid"]
    assert heard(EVERYTHING, before, "lead.invalid") == ["lead.invalid"]
    assert heard(EVERYTHING, latest()) == []


def test_an_event_says_what_happened_and_where_the_record_is(group: GroupIdentity) -> None:
    before = latest()
    store = make_store()
    lead = make_lead(owner=make_staff("sales_advisor", store), name="欧阳锋")
    feed.refresh()

    batch = feed.read(
        actor=EVERYTHING, types=feed.named(["lead.registered"]), after=before, limit=10
    )

    (event,) = batch.events
    document = event.document
    assert document.pop("happened_at")
    assert document == {
        "id": str(event.entry_id),
        "type": "lead.registered",
        "subject": {
            "kind": "crm.lead",
            "id": str(lead.pk),
            "url": f"http://alpha.localhost:8000/api/v1/leads/{lead.pk}",
        },
        "store_id": str(store.pk),
    }


def test_one_hears_of_ones_stores_only(group: GroupIdentity) -> None:
    before = latest()
    here, there = make_store(), make_store()
    manager, advisor = make_staff("store_manager", here), make_staff("sales_advisor", here)
    make_lead(owner=advisor)
    make_lead(owner=make_staff("sales_advisor", there))

    assert heard(actor_of(manager), before, "lead.registered") == ["lead.registered"]
    assert heard(EVERYTHING, before, "lead.registered") == ["lead.registered"] * 2


def test_who_sees_own_rows_only_hears_of_what_she_did_herself(group: GroupIdentity) -> None:
    before = latest()
    advisor = make_staff("sales_advisor", make_store())
    make_lead(owner=advisor)
    mine = make_lead(owner=advisor)
    mark_invalid(lead_id=mine.pk, reason="DUPLICATE", actor=actor_of(advisor))

    found = heard(actor_of(advisor), before, "lead.registered", "lead.invalid")

    assert found == ["lead.invalid"]


def test_without_the_right_nothing_is_heard(group: GroupIdentity) -> None:
    before = latest()
    make_lead(owner=make_staff("sales_advisor", make_store()))
    nobody = Actor(user_id=1, staff_id=1, name="x")
    only_leads = Actor(
        user_id=1, staff_id=1, name="x", grants={"crm.view_lead": Grant(everything=True)}
    )

    assert heard(nobody, before) == []
    assert feed.events_for(nobody) == []
    assert heard(only_leads, before) == ["lead.registered"]


@pytest.mark.parametrize(
    "grant",
    [
        Grant(everything=True),
        Grant(store_ids=frozenset({7})),
        Grant(owner_ids=frozenset({5})),
        Grant(),
    ],
)
def test_asking_for_one_event_agrees_with_reading_many(group: GroupIdentity, grant: Grant) -> None:
    before = latest()
    person = Actor(user_id=1, staff_id=5, name="x", grants={"crm.view_lead": grant})
    lead = make_lead(owner=make_staff("sales_advisor", make_store()))
    first = AuditEntry.objects.latest("pk").pk
    for author in (EVERYTHING, Actor(user_id=1, staff_id=5, name="x")):
        for store_id in (7, 8):
            audit.record(author, "registered", lead, store_id=store_id)
    entries = AuditEntry.objects.filter(pk__gt=first)
    feed.refresh()

    types = feed.named(["lead.registered"])
    read = {e.entry_id for e in feed.read(actor=person, types=types, after=before, limit=9).events}

    one_by_one = {e.pk for e in entries if feed.may_hear(person, feed.find(e.pk))}
    assert read & {e.pk for e in entries} == one_by_one


def test_an_event_that_commits_when_later_ones_were_read_is_not_missed(
    live_group: GroupIdentity,
) -> None:
    store = make_store()
    start = latest()
    wrote, may_end, ids = threading.Event(), threading.Event(), []

    def work() -> None:
        with inside(live_group), transaction.atomic():
            audit.record(EVERYTHING, "changed", store)
            ids.append(AuditEntry.objects.latest("pk").pk)
            wrote.set()
            may_end.wait(30)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    assert wrote.wait(30)
    audit.record(EVERYTHING, "created", store)
    soon = AuditEntry.objects.latest("pk").pk
    types = list(feed.all_events().values())
    feed.refresh()
    first = feed.read(actor=EVERYTHING, types=types, after=start, limit=100)
    may_end.set()
    thread.join()
    feed.refresh()
    second = feed.read(actor=EVERYTHING, types=types, after=first.cursor, limit=100)

    assert [event.entry_id for event in first.events] == [soon]
    assert [event.entry_id for event in second.events] == ids
    assert ids[0] < soon


def test_rare_events_in_a_long_log_are_reached_in_steps(
    group: GroupIdentity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecourt.kernel.feed.stream.MOST_ENTRIES", 3)
    store, before = make_store(), latest()
    for _number in range(5):
        audit.record_many(EVERYTHING, "changed", [store, store])
        feed.refresh()
    audit.record(EVERYTHING, "created", store)
    feed.refresh()

    types = feed.named(["store.created"])
    first = feed.read(actor=EVERYTHING, types=types, after=before, limit=10)

    assert (first.events, first.has_more) == ([], True)
    assert heard(EVERYTHING, before, "store.created") == ["store.created"]


def test_a_cursor_is_of_one_group_and_not_to_be_made_up(
    group: GroupIdentity, other_group: GroupIdentity
) -> None:
    make_store()
    audit.record(EVERYTHING, "created", make_store())
    place = latest()

    assert Cursor.parse(place.text) == place
    for text in ("", "x", place.text[:-1] + "x", Cursor(10**9, 1).text, "é"):
        with pytest.raises(UnknownCursor):
            Cursor.parse(text)
    with inside(other_group), pytest.raises(UnknownCursor):
        Cursor.parse(place.text)


def test_every_event_has_a_known_right_and_an_address_that_exists() -> None:
    for event in feed.all_events().values():
        assert event.permission in all_permissions(), event.type
        assert not event.address or reverse(event.address, args=[1]), event.type


def test_no_entry_is_two_events() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        feed.declare(FeedEvent("lead.again", "crm.lead", ("registered",), "Again", "crm.view_lead"))
    assert "lead.again" not in feed.all_events()
