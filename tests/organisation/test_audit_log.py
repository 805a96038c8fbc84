"""The audit log: found by person, record, address; within one's reach; by page, export and API."""

from datetime import timedelta

import pytest
from django.db import connection

from apps.organisation import queries
from forecourt.kernel import audit
from forecourt.kernel.clock import now
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def auditor(group):
    return make_staff("auditor", name="审计员")


def _entry(actor, subject, action="changed", **changes):
    audit.record(actor, action, subject, changes, store_id=subject.pk)
    return AuditEntry.objects.latest("pk")


def _found(auditor, text):
    return set(queries.find_audit(queries.list_audit(actor_of(auditor)), text))


def test_it_is_searched_by_person_record_and_address(auditor):
    store = make_store(name_zh="虹桥店")
    person = actor_of(make_staff(store=store, name="高明"), address="10.1.2.3")
    mine = _entry(person, store)
    other = _entry(actor_of(auditor, address="10.9.9.9"), make_store(name_zh="浦东店"))

    assert _found(auditor, "高明") == {mine}
    assert _found(auditor, str(store)[:3]) >= {mine}
    assert _found(auditor, "10.1.2.3") == {mine}
    assert _found(auditor, "10.9.9.9") == {other}
    assert _found(auditor, "没有") == set()


def test_no_search_or_filter_reads_the_whole_log(auditor):
    """However long the log is: with sequential scans dear, each of them has an index to use."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexonlyscan = off")
    log = queries.list_audit(actor_of(auditor))
    narrowed = {
        "person": log.filter(actor_id=5),
        "store": log.filter(store_id=5),
        "action": log.filter(action="exported"),
        "record": queries.with_record_label(log, "虹桥"),
        "address": log.filter(address="10.1.2.3"),
        "one record": log.filter(subject_kind="crm.lead", subject_id="7"),
        "time": log.filter(happened_at__gte=now() - timedelta(days=1)),
        "free text": queries.find_audit(log, "高明"),
    }
    for name, rows in narrowed.items():
        plan = rows.order_by("-happened_at", "-pk")[:50].explain()
        assert "Seq Scan on kernel_auditentry" not in plan, (name, plan)


def test_the_auditor_exports_what_is_filtered_and_that_is_logged(group, auditor, client_of):
    store = make_store(name_zh="虹桥店")
    _entry(actor_of(make_staff(store=store, name="高明")), store)
    _entry(actor_of(auditor), make_store(name_zh="浦东店"))

    answer = client_of(group, auditor.user).get("/organisation/audit/?q=高明&export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")

    assert "虹桥店" in text
    assert "浦东店" not in text
    logged = AuditEntry.objects.get(action="exported")
    assert (logged.actor_id, logged.changes["list"]) == (auditor.pk, "organisation.audit")


def test_the_api_answers_within_reach_and_by_filter(group, auditor, client_of):
    here, there = make_store(), make_store()
    boss = make_staff("group_owner")
    for store in (here, there):
        _entry(actor_of(boss, address="10.1.2.3"), store, name=["a", "b"], _proof="x")
    browser = client_of(group, auditor.user)

    rows = browser.get(f"/api/v1/audit?store_id={here.pk}&action=changed").json()["data"]
    assert [row["store_id"] for row in rows] == [str(here.pk)]
    assert rows[0]["changes"] == {"name": ["a", "b"]}
    assert (rows[0]["kind"], rows[0]["record_id"]) == ("organisation.store", str(here.pk))
    later = (now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert browser.get(f"/api/v1/audit?since={later}").json()["data"] == []
    assert len(browser.get("/api/v1/audit?address=10.1.2.3").json()["data"]) == 2
    assert browser.get("/api/v1/audit?address=nowhere").status_code == 422


def test_who_may_see_one_stores_log_sees_no_other(group, client_of):
    from apps.organisation.models import RolePermission

    here, there = make_store(), make_store()
    boss = actor_of(make_staff("group_owner"))
    manager = make_staff("store_manager", here)
    RolePermission.objects.create(
        role=manager.roles.get(), permission="organisation.see_audit", scope="STORE"
    )
    for store in (here, there):
        _entry(boss, store)

    rows = client_of(group, manager.user).get("/api/v1/audit").json()["data"]
    seen = {row["store_id"] for row in rows}

    assert str(here.pk) in seen
    assert str(there.pk) not in seen


def test_without_the_right_there_is_no_log(group, client_of):
    advisor = make_staff(store=make_store())
    browser = client_of(group, advisor.user)

    assert browser.get("/api/v1/audit").status_code == 403
    assert browser.get("/organisation/audit/").status_code == 403
