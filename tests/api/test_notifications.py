"""One's own notifications over the API, and nobody else's."""

import pytest

from apps.notifications.actions import notify
from apps.notifications.models import Notification
from apps.notifications.notifications import STAFF_JOINED
from forecourt.kernel.access import system_actor
from tests.factories.organisation import make_staff, make_store


@pytest.fixture
def person(group):
    return make_staff(store=make_store())


@pytest.fixture
def told(person):
    """Two notifications of hers and one of somebody else's."""
    for reader, key in ((person, "a"), (person, "b"), (make_staff(), "c")):
        notify(
            STAFF_JOINED,
            recipients=[reader.pk],
            subject=person,
            values={"person": f"李娜 {key}", "store": person.home_store},
            key=key,
            actor=system_actor(),
        )
    return list(Notification.objects.order_by("pk"))


def test_the_list_holds_ones_own_in_the_callers_language(group, caller, person, told):
    english = caller(group, person).get("notifications").json()["data"]
    chinese = caller(group, person, language="zh-hans").get("notifications").json()["data"]

    assert [row["title"] for row in english] == ["李娜 b has joined", "李娜 a has joined"]
    assert english[0]["body"] == person.home_store.name_en
    assert english[0]["url"] == f"/organisation/staff/{person.pk}/"
    assert chinese[0]["body"] == person.home_store.name_zh


def test_one_is_marked_as_read_and_then_all(group, caller, person, told):
    calls = caller(group, person)

    one = calls.post(f"notifications/{told[0].pk}/read")
    unread = calls.get("notifications?is_unread=true").json()["data"]
    rest = calls.post("notifications/read-all")

    assert one.status_code == 200
    assert one.json()["read_at"] is not None
    assert [row["id"] for row in unread] == [str(told[1].pk)]
    assert rest.json() == {"count": 1}
    told[2].refresh_from_db()
    assert told[2].read_at is None


def test_another_persons_does_not_exist(group, caller, person, told):
    calls = caller(group, person)

    assert calls.get(f"notifications/{told[2].pk}").status_code == 404
    assert calls.post(f"notifications/{told[2].pk}/read").status_code == 404
    told[2].refresh_from_db()
    assert told[2].read_at is None
