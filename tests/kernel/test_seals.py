"""The seal on the audit log: nothing is missed or sealed twice, and what is forged is named."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction

from forecourt.kernel import audit, seals
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity, current_group, inside, inside_alias
from forecourt.kernel.models import AuditEntry, AuditSeal, Preference
from tests.tenancy.conftest import at_once

ACTOR = system_actor("test")


@pytest.fixture
def log(live_group: GroupIdentity) -> Iterator[GroupIdentity]:
    """A group whose log is sealed as far as its founding wrote it."""
    seals.seal_entries()
    yield live_group


def _write(count: int = 1) -> list[int]:
    subject = Preference(pk=1, owner_id=1, key="x")
    return [_recorded(subject, {"n": [0, n]}) for n in range(count)]


def _recorded(subject: Preference, changes: dict[str, list[int]]) -> int:
    audit.record(ACTOR, "changed", subject, changes)
    return AuditEntry.objects.latest("pk").pk


@contextmanager
def _under_way() -> Iterator[list[int]]:
    """Another transaction that has written an entry and commits at the end of the block."""
    group = current_group()
    wrote, may_end = threading.Event(), threading.Event()
    ids: list[int] = []

    def work() -> None:
        with inside(group), transaction.atomic():
            ids.extend(_write())
            wrote.set()
            may_end.wait(30)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    assert wrote.wait(30)
    try:
        yield ids
    finally:
        may_end.set()
        thread.join()


def _settle() -> None:
    """Seal until nothing more can come; open transactions of the whole server count."""
    for _try in range(600):
        assert seals.seal_entries() == 0
        if not seals.entries_wait():
            return
        time.sleep(0.2)
    raise AssertionError("some transaction does not end")


@contextmanager
def _as_owner() -> Iterator[Any]:
    """What the database's owner can do, whom no privilege stops."""
    with inside_alias("owner", connection.schema_name), connections["owner"].cursor() as cursor:
        yield cursor


def _sealed_ids() -> list[int]:
    return sorted(
        number
        for ranges in AuditSeal.objects.values_list("ranges", flat=True)
        for first, last in ranges
        for number in range(first, last + 1)
    )


def _all_ids() -> list[int]:
    return list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))


def test_every_entry_is_sealed_once(log: GroupIdentity) -> None:
    _write(25)

    assert seals.seal_entries(batch=10) == 25
    assert seals.seal_entries() == 0

    assert _sealed_ids() == _all_ids()
    found = seals.examine()
    assert (found.faults, found.unsealed, found.sealed) == ([], 0, len(_all_ids()))
    assert found.head == seals.head()


def test_an_entry_that_commits_after_later_ones_were_sealed_is_sealed_too(
    log: GroupIdentity,
) -> None:
    with _under_way() as early:
        (later,) = _write()
        seals.seal_entries()
        assert early[0] < later
        assert later in _sealed_ids()
        assert early[0] not in _sealed_ids()

    assert seals.entries_wait()
    assert seals.examine().unsealed == 1
    assert seals.seal_entries() == 1
    assert _sealed_ids() == _all_ids()
    assert seals.examine().faults == []


def test_an_entry_that_commits_hours_later_is_not_taken_for_a_forgery(log: GroupIdentity) -> None:
    with _under_way() as early:
        _write()
        seals.seal_entries()
        with time_machine.travel(now() + timedelta(hours=5), tick=True):
            _write()
            seals.seal_entries()

    with time_machine.travel(now() + timedelta(hours=6), tick=True):
        assert seals.examine().faults == []
        assert seals.entries_wait()
        assert seals.seal_entries() == 1
        assert early[0] in _sealed_ids()
        assert seals.examine().faults == []


def test_what_is_taken_back_leaves_a_hole_that_is_no_fault(log: GroupIdentity) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _write(3)
        raise ZeroDivisionError
    _write()

    assert seals.seal_entries() == 1
    assert seals.examine().faults == []


def test_once_all_is_quiet_nothing_is_started_any_more(log: GroupIdentity) -> None:
    _write()
    seals.seal_entries()

    assert seals.entries_wait(), "an earlier transaction might still commit"
    with time_machine.travel(now() + timedelta(minutes=11), tick=True):
        _settle()
        assert seals.seal_entries() == 0

    newest = AuditSeal.objects.order_by("-number").first()
    assert (newest.number, newest.entry_count, newest.settled_id) == (2, 0, newest.seen_id)
    assert seals.examine().faults == []


def test_writers_and_two_sealers_at_once_miss_and_double_nothing(log: GroupIdentity) -> None:
    done = threading.Event()

    def writer() -> None:
        with inside(log):
            for number in range(30):
                with transaction.atomic():
                    _write(2)
                    if number % 5 == 4:
                        transaction.set_rollback(True)

    def sealer() -> None:
        with inside(log):
            while not done.is_set():
                seals.seal_entries(batch=7)

    sealers = [threading.Thread(target=_then_close(sealer)) for _number in range(2)]
    for thread in sealers:
        thread.start()
    results = at_once(writer, writer, writer)
    done.set()
    for thread in sealers:
        thread.join()
    seals.seal_entries()

    assert results == [None, None, None]
    assert _sealed_ids() == _all_ids()
    assert list(AuditSeal.objects.order_by("number").values_list("number", flat=True)) == list(
        range(1, AuditSeal.objects.count() + 1)
    )
    assert seals.examine().faults == []


def _then_close(work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    return run


def test_sealing_waits_for_no_writer_and_no_writer_for_it(log: GroupIdentity) -> None:
    with _under_way():
        _write()
        with transaction.atomic():
            assert seals.seal_entries() == 1
            # The link is not committed yet; others go on writing.
            assert at_once(_inside(log, _write)) != [None]
    assert seals.seal_entries() == 2


def _inside(group: GroupIdentity, work: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        with inside(group):
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            return work()

    return run


# --- What somebody with all rights over the database does ---------------------------------------


def test_the_first_forged_entry_is_named(log: GroupIdentity) -> None:
    ids = _write(9)
    seals.seal_entries(batch=4)

    with _as_owner() as cursor:
        cursor.execute("UPDATE kernel_auditentry SET changes = '{}' WHERE id = %s", [ids[7]])
        cursor.execute("UPDATE kernel_auditentry SET actor_name = '' WHERE id = %s", [ids[3]])
    assert seals.examine().first == seals.Fault(f"Entry {ids[3]}", "was changed")

    with _as_owner() as cursor:
        cursor.execute("DELETE FROM kernel_auditentry WHERE id = %s", [ids[1]])
    assert seals.examine().first == seals.Fault(f"Entry {ids[1]}", "was removed")


def test_every_column_is_under_the_seal(log: GroupIdentity) -> None:
    others = {
        "happened_at": "now()",
        "actor_id": "7",
        "address": "'10.9.8.7'",
        "store_id": "7",
        "changes": "'{}'",
    }
    for field in AuditEntry._meta.concrete_fields:
        if field.primary_key:
            continue
        (entry_id,) = _write()
        seals.seal_entries()
        with _as_owner() as cursor:
            value = others.get(field.column, "'forged'")
            cursor.execute(
                f"UPDATE kernel_auditentry SET {field.column} = {value} WHERE id = %s",
                [entry_id],
            )
        assert any(fault.subject == f"Entry {entry_id}" for fault in seals.examine().faults)


def test_an_entry_put_among_long_sealed_ones_is_named(log: GroupIdentity) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        (hole,) = _write()
        raise ZeroDivisionError
    _write()
    seals.seal_entries()

    with time_machine.travel(now() + timedelta(hours=1), tick=True):
        _settle()
        # The application's own role may insert, with an id of its choice.
        AuditEntry.objects.bulk_create(
            [AuditEntry(pk=hole, **audit.entry(ACTOR, "changed", Preference(pk=1)))]
        )
        assert seals.seal_entries() == 0, "a forgery is not sealed for good"
        first = seals.examine().first

    assert first is not None
    assert first.subject == f"Entry {hole}"
    assert "inserted" in first.message


def test_the_first_forged_link_of_the_chain_is_named(log: GroupIdentity) -> None:
    for _number in range(4):
        _write(2)
        seals.seal_entries()
    for number, statement in (
        (4, "UPDATE kernel_auditseal SET root = repeat('0', 64) WHERE number = 4"),
        (3, "UPDATE kernel_auditseal SET sealed_at = '2026-01-01' WHERE number = 3"),
        (2, "DELETE FROM kernel_auditseal WHERE number = 2"),
    ):
        with _as_owner() as cursor:
            cursor.execute(statement)
        first = seals.examine().first
        assert first is not None
        assert first.subject == f"Seal {number}"


def test_a_chain_made_anew_does_not_lead_through_the_head_that_was_kept(
    log: GroupIdentity,
) -> None:
    ids = _write(3)
    seals.seal_entries()
    kept = seals.head()
    assert seals.examine(expected=kept).faults == []

    with _as_owner() as cursor:
        cursor.execute("UPDATE kernel_auditentry SET actor_name = 'x' WHERE id = %s", [ids[0]])
        cursor.execute("DELETE FROM kernel_auditseal")
    seals.seal_entries()

    assert seals.examine().faults == [], "by itself it is a sound chain"
    (fault,) = seals.examine(expected=kept).faults
    assert "kept elsewhere" in fault.message


def test_hashes_are_what_anybody_can_recompute() -> None:
    """Fixed for good: a release that hashed otherwise would find every old seal broken."""
    import hashlib
    from datetime import UTC, datetime

    from forecourt.kernel.seals.hashing import entry_hash, merkle_root

    row = {
        "id": 7,
        "happened_at": datetime(2026, 1, 5, 8, 0, tzinfo=UTC),
        "actor_id": None,
        "actor_name": "王伟",
        "changes": {"price": ["1", "2"]},
    }
    text = (
        '{"actor_id":null,"actor_name":"王伟","changes":{"price":["1","2"]},'
        '"happened_at":"2026-01-05T08:00:00.000000+00:00","id":7}'
    )
    leaf = hashlib.sha256(b"\x00" + text.encode()).digest()
    assert entry_hash(row) == leaf
    pair = hashlib.sha256(b"\x01" + leaf + leaf).digest()
    assert merkle_root([leaf, leaf, leaf]) == hashlib.sha256(b"\x01" + pair + leaf).hexdigest()


def test_ids_are_drawn_one_by_one(log: GroupIdentity) -> None:
    """A session that drew several at once could use a low one hours later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seqcache FROM pg_sequence WHERE seqrelid ="
            " pg_get_serial_sequence('kernel_auditentry', 'id')::regclass"
        )
        assert cursor.fetchone() == (1,)
