"""People are told inside the transaction of what happened, each once."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from apps.notifications.actions import Notice, mark_all_read, mark_read, notify, notify_all
from apps.notifications.models import Notification
from apps.notifications.queries import latest, list_notifications, told, unread_count
from apps.notifications.registry import Event, declare
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import NotFound
from tests.factories.organisation import actor_of, make_staff, make_store

SYSTEM = system_actor()


def tell(event, *people, key="1", actor=SYSTEM, **values):
    return notify(
        event,
        recipients=[person and person.pk for person in people],
        subject=people[0] if people else None,
        values=values,
        key=key,
        actor=actor,
    )


def test_everybody_is_told_once_however_often_it_is_asked(group, tea):
    one, two = make_staff(), make_staff()

    assert tell(tea, one, two, one) == 2
    tell(tea, one, two)
    tell(tea, one, key="2")

    assert Notification.objects.filter(recipient_id=one.pk).count() == 2
    assert Notification.objects.filter(recipient_id=two.pk).count() == 1


def test_nobody_costs_nothing_and_a_hundred_cost_one_statement(group, tea):
    people = [make_staff() for _number in range(20)]
    tell(tea, make_staff(), key="warm")

    with CaptureQueriesContext(
        connection,
    ) as none:
        assert tell(tea) == 0
        assert tell(tea, None) == 0
    with CaptureQueriesContext(connection) as many:
        notify_all(
            tea,
            notices=[Notice([person.pk for person in people], f"k{number}") for number in range(5)],
            actor=SYSTEM,
        )

    assert len(none) == 0
    assert len(many) == 1
    assert Notification.objects.exclude(key="warm").count() == 100


def test_who_did_it_herself_is_not_told(group, tea):
    one, two = make_staff(), make_staff()

    assert tell(tea, one, two, actor=actor_of(one)) == 1

    assert not Notification.objects.filter(recipient_id=one.pk).exists()
    assert Notification.objects.get().values["actor"] == one.name


def test_what_is_rolled_back_told_nobody(group, tea):
    one = make_staff()

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(tea, one)
        raise ZeroDivisionError

    assert not Notification.objects.exists()


def test_it_is_read_in_the_readers_language_and_time_zone(group, tea):
    one = make_staff()
    store = make_store(name_zh="浦东店", name_en="Pudong")
    tell(
        tea, one, guest="{cups}", cups=3, when=datetime(2026, 1, 5, 2, 30, tzinfo=UTC), store=store
    )
    row = Notification.objects.get()

    english = told(row)
    with override("zh-hans"):
        chinese = told(row)

    assert english.title == "Tea for {cups}", "a value is no text to fill again"
    assert english.body.startswith("3 cups at ")
    assert english.body.endswith("10:30 in Pudong")
    assert chinese.body.endswith("10:30 in 浦东店")


def test_one_reads_ones_own_only(group, tea):
    one, two = make_staff(), make_staff()
    tell(tea, two)
    row = Notification.objects.get()

    with pytest.raises(NotFound):
        mark_read(notification_id=row.pk, actor=actor_of(one))
    assert mark_all_read(actor=actor_of(one)) == 0

    row.refresh_from_db()
    assert row.read_at is None
    assert not list_notifications(actor_of(one)).exists()


def test_the_number_follows_every_change(group, tea, django_capture_on_commit_callbacks):
    one = make_staff()
    seen = []

    def count():
        seen.append(unread_count.get(one.pk))

    count()
    for change in (
        lambda: tell(tea, one, key="a"),
        lambda: tell(tea, one, key="b"),
        lambda: mark_read(notification_id=Notification.objects.first().pk, actor=actor_of(one)),
        lambda: mark_all_read(actor=actor_of(one)),
    ):
        with django_capture_on_commit_callbacks(execute=True):
            change()
        count()

    assert seen == [0, 1, 2, 1, 0]
    with CaptureQueriesContext(connection) as queries:
        assert unread_count.get(one.pk) == 0
    assert len(queries) == 0


def test_a_number_read_before_a_change_is_not_kept_after_it(
    group, tea, django_capture_on_commit_callbacks
):
    one = make_staff()
    read = unread_count.read

    def overtaken(staff_id):
        count = read(staff_id)
        with django_capture_on_commit_callbacks(execute=True):
            tell(tea, one)
        return count

    unread_count.read = overtaken
    try:
        assert unread_count.get(one.pk) == 0
    finally:
        unread_count.read = read

    assert unread_count.get(one.pk) == 1


def test_unread_ones_of_a_kind_share_a_line(group, tea):
    one = make_staff()
    for number in range(4):
        tell(tea, one, key=str(number), guest=f"guest {number}")
    mark_read(notification_id=Notification.objects.first().pk, actor=actor_of(one))

    lines = latest(actor_of(one))

    assert [(line.title, line.count) for line in lines] == [("3 teas", 3), ("Tea for guest 0", 1)]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "{nobody}"},
        {"body": "{guest.__class__}"},
        {"is_groupable": True},
        {"code": "crm.lead_assigned"},
    ],
)
def test_a_wrong_declaration_is_refused(group, fields):
    with pytest.raises(ValueError, match="event"):
        declare(
            Event(
                **{"code": "testing.wrong", "label": "x", "receivers": "x", "title": "x", **fields}
            )
        )
