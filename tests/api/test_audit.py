"""The audit log over the API: an entry is of the store that it happened in."""

from forecourt.kernel import audit
from forecourt.kernel.access import system_actor
from tests.factories.organisation import make_store
from tests.hostile.conftest import make_person


def test_a_stores_reader_gets_its_entries_and_nobody_elses(group, caller):
    here, there = make_store(), make_store()
    for store in (here, there):
        audit.record(system_actor(), "changed", store, {"name": ["a", "b"]}, store_id=store.pk)
    reader = caller(group, make_person(here, "STORE"))
    everywhere = caller(group, make_person(None, "GROUP"))

    def seen(who):
        rows = who.get("audit?kind=organisation.store&action=changed").json()["data"]
        return {row["record_id"] for row in rows}

    assert seen(reader) == {str(here.pk)}
    assert seen(everywhere) >= {str(here.pk), str(there.pk)}


def test_without_the_right_there_is_no_log(group, caller):
    nobody = caller(group, make_person(make_store(), None))

    answer = nobody.get("audit")

    assert answer.status_code == 403
    assert answer.json()["code"] == "not_permitted"
