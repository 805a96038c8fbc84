"""Two at the same second, and two processes: real connections, committed rows."""

import multiprocessing
import os
import threading
from collections.abc import Callable

from django.db import connections, transaction

from apps.crm.models import Customer
from forecourt.kernel.access import system_actor
from forecourt.kernel.custom_fields import indexing, keys, registry, save_values
from forecourt.kernel.custom_fields.actions import add_field, change_field, change_kind
from forecourt.kernel.errors import Conflict
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import CustomField, CustomKey
from tests.factories.crm import make_customer

SYSTEM = system_actor("test")


def at_once(group: GroupIdentity, *works: Callable[[], object]) -> list[object]:
    """What each answered or raised; all begin together, each on a connection of its own."""
    barrier = threading.Barrier(len(works))
    answers: list[object] = [None] * len(works)

    def go(place: int, work: Callable[[], object]) -> None:
        try:
            with inside(group):
                barrier.wait()
                answers[place] = work()
        except Exception as error:
            answers[place] = error
        finally:
            for connection in connections.all():
                connection.close()

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def add(code: str, kind: str = "TEXT", **details) -> CustomField:
    return add_field(host="customer", code=code, kind=kind, label_zh=code, actor=SYSTEM, **details)


@transaction.atomic
def write(customer_id: int, **values) -> None:
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    save_values(customer, values, actor=SYSTEM)


def test_of_two_who_give_the_same_unique_value_at_once_one_is_refused(live_group) -> None:
    add("plate", is_unique=True)
    for number in range(5):
        one, two = make_customer(), make_customer()
        answers = at_once(
            live_group,
            lambda one=one, number=number: write(one.pk, plate=f"P{number}"),
            lambda two=two, number=number: write(two.pk, plate=f"p{number}"),
        )

        assert sorted(type(answer).__name__ for answer in answers) == ["NoneType", "ValueTaken"]
        assert Customer.objects.filter(custom__has_key="plate").count() == number + 1
    assert CustomKey.objects.count() == 5


def test_what_is_written_while_a_field_is_being_indexed_gets_its_key(
    live_group, monkeypatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 0)
    monkeypatch.setattr(indexing, "_CHUNK", 3)
    field = add("word")
    customers = [make_customer() for _number in range(12)]
    for customer in customers:
        write(customer.pk, word="before")

    def mark() -> None:
        # The job runs in this thread as soon as the mark is committed.
        change_field(field_id=field.pk, is_indexed=True, actor=SYSTEM)

    def write_on() -> None:
        for _round in range(4):
            for customer in customers:
                write(customer.pk, word="after")
            write(make_customer().pk, word="new")

    answers = at_once(live_group, mark, write_on, write_on)

    assert answers == [None] * 3
    found = dict(CustomKey.objects.values_list("row_id", "text_key"))
    kept = Customer.objects.filter(custom__has_key="word").values_list("pk", "custom")
    assert found == {pk: custom["word"] for pk, custom in kept}
    assert len(found) == 20
    assert CustomField.objects.get(pk=field.pk).index_state == "READY"


def test_what_is_written_while_a_kind_changes_is_of_the_new_kind(live_group) -> None:
    field = add("years", is_indexed=True)
    customers = [make_customer() for _number in range(6)]
    for customer in customers:
        write(customer.pk, years="7")

    def write_all() -> None:
        for customer in customers:
            write(customer.pk, years="8")

    answers = at_once(
        live_group,
        lambda: change_kind(field_id=field.pk, kind="INTEGER", actor=SYSTEM),
        write_all,
        write_all,
    )

    assert answers[1:] == [None, None]
    assert answers[0] is None or isinstance(answers[0], Conflict)
    kinds = {type(row.custom["years"]) for row in Customer.objects.all()}
    changed = CustomField.objects.get(pk=field.pk).kind
    assert kinds == ({int} if changed == "INTEGER" else {str})


def test_a_definer_that_waits_for_a_long_writer_gives_up_and_changes_nothing(live_group) -> None:
    is_writing, is_over = threading.Event(), threading.Event()

    def write_long() -> None:
        with transaction.atomic():
            keys.as_writer("customer")
            is_writing.set()
            is_over.wait(30)

    def define() -> None:
        is_writing.wait(30)
        try:
            add("late")
        finally:
            is_over.set()

    answers = at_once(live_group, write_long, define)

    assert isinstance(answers[1], Conflict)
    assert not CustomField.objects.exists()


def test_another_process_sees_a_new_field_with_its_next_question(
    live_group, settings, tmp_path
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "forecourt.kernel.cache.FolderCache",
            "LOCATION": tmp_path / "cache",
            "KEY_FUNCTION": "django_tenants.cache.make_key",
            "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        }
    }
    add("first")
    for connection in connections.all():
        connection.close()  # a process that is forked must not share them
    here, there = multiprocessing.get_context("fork").Pipe()
    child = os.fork()
    if child == 0:
        with inside(live_group):
            while there.recv() == "which":
                there.send([field.code for field in registry.definitions("customer")])
        os._exit(0)
    try:
        with inside(live_group):
            here.send("which")
            assert here.recv() == ["first"]
            add("second")
            here.send("which")
            assert here.recv() == ["first", "second"]
    finally:
        here.send("end")
        os.waitpid(child, 0)
