"""Document numbers: patterns, periods, and no number ever given twice."""

import threading
from datetime import date

import pytest
from django.db import connection, transaction

from forecourt.kernel import numbering
from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import inside
from forecourt.kernel.models import DocumentCounter, SettingValue
from forecourt.kernel.numbering import next_number, next_numbers, number_documents
from tests.factories.settings import decide

DAY = date(2026, 9, 5)
KEY = "numbering.TR"


def test_a_number_tells_store_kind_month_and_count(group):
    assert next_number("TR", "SH01", DAY) == "SH01-TR-202609-00001"
    assert next_number("TR", "SH01", date(2026, 9, 30)) == "SH01-TR-202609-00002"
    assert next_number("TR", "SH01", date(2026, 10, 1)) == "SH01-TR-202610-00001"
    assert next_number("TR", "HZ01", DAY) == "HZ01-TR-202609-00001"
    assert next_number("ST", "SH01", DAY) == "SH01-ST-202609-00001"


def test_counters_from_before_patterns_go_on(group):
    DocumentCounter.objects.create(kind="TR", store_code="SH01", period="202609", last_value=41)

    assert next_number("TR", "SH01", DAY) == "SH01-TR-202609-00042"
    assert DocumentCounter.objects.count() == 1


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("{store}-{yyyy}-{seq:04}", ["SH01-2026-0001", "SH01-2026-0002", "SH01-2027-0001"]),
        (
            "{store}_{yy}{mm}{dd}.{seq:03}",
            ["SH01_260905.001", "SH01_261005.001", "SH01_270105.001"],
        ),
        ("T{store}-{seq:05}", ["TSH01-00001", "TSH01-00002", "TSH01-00003"]),
        ("{store}tr-{yyyy}{mm}-{seq}", ["SH01TR-202609-1", "SH01TR-202610-1", "SH01TR-202701-1"]),
    ],
)
def test_the_period_is_that_of_the_dates_in_the_pattern(group, pattern, numbers):
    decide(KEY, pattern)
    days = [DAY, date(2026, 10, 5), date(2027, 1, 5)]

    assert number_documents("TR", [("SH01", day) for day in days]) == numbers


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "{store}-TR-{yyyy}{mm}",
        "TR-{yyyy}{mm}-{seq:05}",
        "{store}-{store}-{seq:05}",
        "{store}{seq:05}",
        "{store}-{yyyy}{seq:05}",
        "{store}-2026{seq:05}",
        "{store}-{seq:05}-{yyyy}",
        "{store}-{seq:05}-{seq:05}",
        "{store}-{mm}-{seq:05}",
        "{store}-{yyyy}{dd}-{seq:05}",
        "{store}-{yyyy}{yy}-{seq:05}",
        "{store}-{mm}{mm}{yyyy}-{seq:05}",
        "{store}-{kind}-{seq:05}",
        "{store}/{yyyy}-{seq:05}",
        "{store} {yyyy}-{seq:05}",
        "{store}-{seq:15}",
        "{store}-单-{seq:05}",
        "{store}-ABCDEFGHIJKLMNOPQRSTUV-{seq:05}",
        "{store.__class__}-{seq:05}",
        "{store}-SO-{yyyy}{mm}-{seq:05}",
        "{store}-SO-{yyyy}{mm}-{seq:03}",
        7,
        None,
    ],
)
def test_a_pattern_that_could_repeat_or_confuse_numbers_is_refused(group, pattern):
    with pytest.raises(Invalid) as refusal:
        decide(KEY, pattern)

    assert refusal.value.field == "value"
    assert not SettingValue.objects.exists()


def test_two_kinds_cannot_take_one_pattern(group):
    decide(KEY, "{store}-X-{yyyy}-{seq:05}")

    with pytest.raises(Invalid):
        decide("numbering.ST", "{store}-X-{yyyy}-{seq:03}")

    assert SettingValue.objects.count() == 1


def test_a_changed_pattern_never_gives_a_number_that_exists(group):
    """Back and forth between patterns that look alike, also those that another kind once had."""
    given: list[str] = []
    patterns = [
        ("TR", "{store}-TR-{yyyy}{mm}-{seq:05}"),
        ("TR", "{store}-TR-{yyyy}{mm}-{seq:03}"),
        ("TR", "{store}-TR-{yyyy}09-{seq:05}"),
        ("TR", "{store}-Z-{yyyy}-{seq:05}"),
        ("TR", "{store}-TR-202609-{seq:05}"),
        ("ST", "{store}-Z-{yyyy}-{seq:05}"),
        ("ST", "{store}-Z-2026-{seq:05}"),
        ("TR", "{store}-Y-{seq:01}"),
        ("TR", "{store}-TR-{yyyy}{mm}-{seq:05}"),
    ]
    for kind, pattern in patterns * 2:
        for key in ("numbering.TR", "numbering.ST"):
            SettingValue.objects.filter(key=key).delete()
        decide(f"numbering.{kind}", pattern)
        for day in (DAY, date(2026, 1, 5), date(2027, 9, 5)):
            for store in ("SH01", "SH0", "SH011"):
                given += next_numbers(kind, store, day, 3)

    assert len(given) == len(set(given))


def test_a_number_is_given_only_to_a_document_that_exists(group):
    decide(KEY, "{store}-{yyyy}-{seq:05}")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        next_number("TR", "SH01", DAY)
        raise ZeroDivisionError

    assert next_number("TR", "SH01", DAY) == "SH01-2026-00001"


def test_the_longest_number_fits_the_columns(group):
    pattern = "{store}-ABCDEF-{yyyy}{mm}{dd}-{seq:05}"
    decide(KEY, "{store}-ABCDE-{yyyy}{mm}-{seq:05}")

    assert len(next_number("TR", "ABCDEFGH", DAY)) <= numbering.LONGEST
    with pytest.raises(Invalid):
        decide(KEY, pattern)


@pytest.mark.parametrize(
    "pattern", [None, "{store}-{yyyy}-{seq:04}", "A-{store}-{yy}{mm}{dd}-{seq}"]
)
def test_threads_at_once_get_numbers_without_gap_or_double(live_group, pattern):
    if pattern:
        decide(KEY, pattern)
    given: list[str] = []
    start = threading.Barrier(6)

    def work(position: int) -> None:
        with inside(live_group):
            start.wait()
            for _round in range(5):
                with transaction.atomic():
                    documents = [("SH01", DAY), ("HZ01", DAY), ("SH01", date(2026, 10, 1))]
                    given.extend(
                        number_documents("TR", documents if position % 2 else documents[::-1])
                    )
            connection.close()

    threads = [threading.Thread(target=work, args=[position]) for position in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(given) == len(set(given)) == 90
    assert sum(DocumentCounter.objects.values_list("last_value", flat=True)) == 90
    counts = sorted(int(number.rsplit("-", 1)[1]) for number in given if number.count("HZ01"))
    assert counts == list(range(1, 31))


def test_a_pattern_that_changes_while_others_number_gives_no_double(live_group):
    given: list[str] = []
    start = threading.Barrier(3)

    def work() -> None:
        with inside(live_group):
            start.wait()
            for _round in range(20):
                with transaction.atomic():
                    given.append(next_number("TR", "SH01", DAY))
            connection.close()

    threads = [threading.Thread(target=work) for _position in range(2)]
    for thread in threads:
        thread.start()
    start.wait()
    for width in (3, 4, 6, 5):
        decide(KEY, f"{{store}}-TR-{{yyyy}}{{mm}}-{{seq:0{width}}}")
    for thread in threads:
        thread.join()

    counts = sorted(int(number.rsplit("-", 1)[1]) for number in given)
    assert counts == list(range(1, 41))
