"""Statements that travel together do what they do apart: nothing is lost, nothing told wrongly."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.organisation.models import Region
from forecourt.kernel.db.rows import append, draw_keys, insert
from forecourt.kernel.db.trips import one_trip
from forecourt.kernel.groups import GroupIdentity


def _region(name: str) -> Region:
    return Region(name_zh=name, name_en=name)


def _names() -> list[str]:
    return sorted(Region.objects.values_list("name_zh", flat=True))


def test_what_is_sent_is_written(live_group: GroupIdentity) -> None:
    north, south = _region("华北"), _region("华南")

    with one_trip():
        draw_keys([north], [south])
        insert([north])
        append([_region("华东")])
        insert([south])
        assert Region.objects.get(pk=north.pk).name_zh == "华北"

    assert _names() == ["华东", "华北", "华南"]
    assert Region.objects.get(pk=south.pk).name_zh == "华南"


def test_a_refusal_is_told_at_the_end_at_the_latest_and_undoes_everything(
    live_group: GroupIdentity,
) -> None:
    steps = []

    with pytest.raises(IntegrityError, match="region"), one_trip():
        append([_region("华东")])
        append([_region("华东")])
        steps.append("sent")
        append([_region("华北")])

    assert steps == ["sent"], "nobody waited"
    assert _names() == []
    append([_region("华东")])
    assert _names() == ["华东"], "the connection goes on"


def test_a_refusal_is_told_at_the_next_read(live_group: GroupIdentity) -> None:
    with pytest.raises(IntegrityError), one_trip():
        append([_region("华东")])
        append([_region("华东")])
        Region.objects.count()
        pytest.fail("the read must tell it")

    assert _names() == []


@pytest.mark.parametrize("name", ["华东", "华北"])
def test_how_many_rows_were_met_is_known_at_once(live_group: GroupIdentity, name: str) -> None:
    with one_trip():
        append([_region("华东")])
        assert Region.objects.filter(name_zh="华东").update(name_en="East") == 1
        assert Region.objects.filter(name_zh="西南").update(name_en="Southwest") == 0
        region = Region.objects.get(name_zh="华东")
        region.name_zh = name
        region.save(update_fields=["name_zh"])

    assert _names() == [name]


def test_within_another_transaction_a_refusal_leaves_the_rest(live_group: GroupIdentity) -> None:
    with transaction.atomic():
        append([_region("华东")])
        with pytest.raises(IntegrityError), one_trip():
            append([_region("华北")])
            append([_region("华东")])
        append([_region("华南")])

    assert _names() == ["华东", "华南"]


@pytest.mark.parametrize("is_read", [False, True])
def test_a_savepoint_inside_can_be_given_up(live_group: GroupIdentity, is_read: bool) -> None:
    with one_trip():
        append([_region("华东")])
        with pytest.raises(IntegrityError), transaction.atomic():
            append([_region("华北")])
            append([_region("华东")])
            if is_read:
                Region.objects.count()
        append([_region("华南")])

    assert _names() == ["华东", "华南"]


def test_rows_can_be_gone_through_one_by_one(live_group: GroupIdentity) -> None:
    with one_trip():
        append([_region("华东")])
        append([_region("华北")])
        names = sorted(region.name_zh for region in Region.objects.iterator(chunk_size=1))

    assert names == ["华东", "华北"]


def test_an_error_of_ours_undoes_what_was_sent(live_group: GroupIdentity) -> None:
    with pytest.raises(ZeroDivisionError), one_trip():
        append([_region("华东")])
        raise ZeroDivisionError

    assert _names() == []


def test_after_a_refusal_without_a_savepoint_nothing_goes_on(live_group: GroupIdentity) -> None:
    with pytest.raises(DatabaseError), one_trip():
        append([_region("华东")])
        with pytest.raises(IntegrityError):
            append([_region("华东")])
            Region.objects.count()
        append([_region("华南")])

    assert _names() == []
    assert not connection.in_atomic_block
