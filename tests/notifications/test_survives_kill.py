"""A worker that is killed while it sends: everything arrives once, and nothing twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from apps.notifications.actions import configure_channel, notify, send_again
from apps.notifications.models import Delivery, Notification
from apps.notifications.notifications import NEW_DEVICE
from apps.notifications.ways import configuration_of
from forecourt.config.celery import app
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import OutboxMessage
from tests.factories.organisation import actor_of, make_staff
from tests.kernel.test_tasks import Worker, send, wait_until
from tests.notifications.servers import MailServer, mail_server

State, Reason = Delivery.State, Delivery.Reason
PEOPLE = 8


@pytest.fixture
def mailbox(live_group: GroupIdentity, settings) -> Iterator[MailServer]:
    """The group's own mail server, and eight people who wait for a mail."""
    cache.clear()
    # Messages stay in the outbox: the worker alone delivers.
    app.conf.task_always_eager = False
    with mail_server() as server:
        owner = actor_of(make_staff("group_owner"))
        values = {
            "host": "127.0.0.1",
            "port": str(server.port),
            "security": "none",
            "sender": "notice@huadong.example",
        }
        configure_channel(code="email", values=values, actor=owner)
        people = [make_staff() for _number in range(PEOPLE)]
        for person in people:
            notify(
                NEW_DEVICE,
                recipients=[person.pk],
                subject=None,
                values={"device": "Chrome", "address": "10.0.0.1"},
                key="1",
                actor=system_actor(),
            )
        yield server
    app.conf.task_always_eager = True


class Trap:
    """Kills the worker when the mail server is at a step for the given time."""

    def __init__(self, mailbox: MailServer, celery: Worker, step: str, times: set[int]) -> None:
        self.celery, self.step, self.times = celery, step, times
        self.count = 0
        self.sprung = threading.Event()
        mailbox.at = self

    def __call__(self, step: str) -> None:
        if step != self.step:
            return
        self.count += 1
        if self.count in self.times:
            self.celery.kill()
            self.sprung.set()


def arrived(mailbox: MailServer) -> Counter[str]:
    return Counter(
        address for _sender, recipients, _text in mailbox.mails for address in recipients
    )


def wait_for_all(group: GroupIdentity, celery: Worker, trap: Trap, kills: int) -> None:
    """Let the worker die so often, start it anew each time, and wait until nothing is left."""
    for _kill in range(kills):
        trap.sprung.clear()
        celery.start()
        send(celery, group)
        wait_until(trap.sprung.is_set, 90)
    # Nobody waits five minutes here: what the dead workers had taken is given back at once.
    OutboxMessage.objects.filter(delivered_at__isnull=True).update(available_at=now())
    Delivery.objects.filter(state=State.SENDING).update(claimed_at=now() - timedelta(minutes=10))
    celery.start()
    send(celery, group)
    wait_until(lambda: not OutboxMessage.objects.filter(delivered_at__isnull=True).exists(), 90)


def test_a_worker_killed_twice_before_mails_leave_loses_none_and_sends_none_twice(
    live_group,
    worker,
    mailbox,
):
    # The server was told the recipient: the last step before the mail itself leaves.
    trap = Trap(mailbox, worker, "RCPT", {3, 6})

    wait_for_all(live_group, worker, trap, kills=2)

    assert len(arrived(mailbox)) == PEOPLE
    assert set(arrived(mailbox).values()) == {1}
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}
    assert Notification.objects.count() == PEOPLE


def test_a_worker_killed_after_a_mail_was_taken_does_not_send_it_again(
    live_group,
    worker,
    mailbox,
):
    # The mail is with the server, its answer never reaches the worker.
    trap = Trap(mailbox, worker, "END", {2, 5})

    wait_for_all(live_group, worker, trap, kills=2)

    assert len(arrived(mailbox)) == PEOPLE
    assert set(arrived(mailbox).values()) == {1}
    unknown = list(Delivery.objects.filter(state=State.UNKNOWN))
    assert len(unknown) == 2
    assert {row.reason for row in unknown} == {Reason.INTERRUPTED}
    assert Delivery.objects.filter(state=State.SENT).count() == PEOPLE - 2

    # A person who looks at the log may have it sent again; only then it arrives twice.
    send_again(delivery_id=unknown[0].pk, actor=actor_of(make_staff("group_owner")))
    send(worker, live_group)
    wait_until(lambda: sum(arrived(mailbox).values()) == PEOPLE + 1, 60)


def test_the_credentials_of_a_channel_stand_nowhere_in_clear(live_group):
    owner = actor_of(make_staff("group_owner"))
    row = configure_channel(
        code="sms",
        values={
            "provider": "tencent",
            "key_id": "AKIDverysecret",
            "key": "topsecretkey",
            "sign_name": "x",
            "template": "1",
            "app_id": "2",
        },
        actor=owner,
    )

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notifications_channelsettings WHERE id = %s", [row.pk])
        text = repr(cursor.fetchone())
    assert "verysecret" not in text
    assert "topsecret" not in text
    assert configuration_of(row).get("key") == "topsecretkey"
