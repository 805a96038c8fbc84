"""Documents whose time is over: announced, then removed by themselves, where the group wants it."""

from datetime import timedelta

import pytest
import time_machine

from apps.documents import actions
from apps.documents.actions.retention import end_time
from apps.documents.group_settings import NOTICE_DAYS, REMOVED_BY_ITSELF
from apps.documents.models import Document
from apps.notifications.models import Notification
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.models import AuditEntry
from tests.documents.test_documents import backdate
from tests.factories.documents import kind_of, make_document
from tests.factories.organisation import actor_of, make_staff
from tests.factories.settings import decide


@pytest.fixture
def kind(group):
    return kind_of("other", years_kept=3)


@pytest.fixture
def old(kind, place, actor) -> Document:
    document = make_document(place, actor=actor, kind=kind)
    backdate(document, 4)
    return document


@pytest.fixture
def keeper(advisor: StaffMember) -> Actor:
    return actor_of(make_staff("group_owner", advisor.home_store))


def later(days: int) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(days=days))


def test_documents_are_only_listed_until_the_group_says_otherwise(old) -> None:
    assert end_time() == (0, 0)
    with later(400):
        assert end_time() == (0, 0)
    assert Document.objects.filter(pk=old.pk).exists()
    assert not Notification.objects.filter(event="documents.time_is_over").exists()


def test_a_document_goes_when_its_notice_is_over_and_leaves_its_proof(
    old, kind, place, actor, advisor
) -> None:
    decide(REMOVED_BY_ITSELF, True)
    decide(NOTICE_DAYS, 10)
    fresh = make_document(place, actor=actor, kind=kind)
    without = make_document(place, actor=actor)

    assert end_time() == (1, 0)
    assert end_time() == (0, 0)
    told = Notification.objects.get(event="documents.time_is_over")
    assert (told.recipient_id, told.values["document"]) == (advisor.pk, old.title)
    with later(9):
        assert end_time() == (0, 0)
    with later(10):
        assert end_time() == (0, 1)
        assert end_time() == (0, 0)

    assert set(Document.objects.all()) == {fresh, without}
    entry = AuditEntry.objects.get(subject_id=str(old.pk), action="removed")
    assert entry.actor_id is None and entry.changes["sha256"]


def test_what_ends_soon_is_announced_ahead_and_stays_until_its_last_day(kind, place, actor) -> None:
    decide(REMOVED_BY_ITSELF, True)
    document = make_document(place, actor=actor, kind=kind)
    ends = document.keeping.kept_until

    with time_machine.travel(ends - timedelta(days=31)):
        assert end_time() == (0, 0)
    with time_machine.travel(ends - timedelta(days=28)):
        assert end_time() == (1, 0)
    with time_machine.travel(ends - timedelta(days=1)):
        assert end_time() == (0, 0)
    with time_machine.travel(ends + timedelta(days=3)):
        assert end_time() == (0, 1)


def test_a_hold_keeps_it_and_the_notice_begins_anew(old, keeper) -> None:
    decide(REMOVED_BY_ITSELF, True)
    end_time()
    actions.set_hold(document_id=old.pk, reason="lawsuit", actor=keeper)

    with later(40):
        assert end_time() == (0, 0)
        actions.release_hold(document_id=old.pk, reason="settled", actor=keeper)
        assert end_time() == (1, 0)
    with later(60):
        assert end_time() == (0, 0)
    with later(71):
        assert end_time() == (0, 1)
