"""The list framework, through the browser's eyes."""

import re

import pytest

from forecourt.kernel.clock import now
from forecourt.kernel.models import AuditEntry, Job, Preference, SavedView
from tests.factories.organisation import make_staff
from tests.ui import urls
from tests.ui.conftest import HTMX

RESULTS = {**HTMX, "HX-Target": "list-test-jobs"}


def kinds(response) -> list[str]:
    return re.findall(r'is-title[^"]*">([^<]*)<', response.content.decode())


def link(response, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else None


def test_a_stranger_is_sent_to_sign_in(group, client_of) -> None:
    response = client_of(group).get("/things/?sort=kind")

    assert response.status_code == 302
    assert "next=/things/%3Fsort%3Dkind" in response["Location"]


def test_who_lacks_the_permission_is_refused(group, client_of) -> None:
    nobody = make_staff("technician")

    assert client_of(group, nobody.user).get("/gallery/list/").status_code == 403


def test_htmx_gets_the_table_and_the_browser_the_page(browser, owner, make_jobs) -> None:
    make_jobs(owner)

    page, table = browser.get("/things/"), browser.get("/things/", headers=RESULTS)

    assert b"<!doctype html>" in page.content
    assert b"<!doctype" not in table.content
    assert kinds(page) == kinds(table) == ["crm.import"]


def test_only_the_rows_of_the_query_are_there(browser, owner, manager, make_jobs) -> None:
    make_jobs(owner, kind="mine")
    make_jobs(manager, kind="theirs")

    assert kinds(browser.get("/things/")) == ["mine"]


def test_all_rows_are_reached_page_by_page_and_back(browser, owner, make_jobs) -> None:
    for number in range(12):
        make_jobs(owner, kind=f"k{number // 3}")
    first = browser.get("/things/")
    second = browser.get(link(first, "next"))
    third = browser.get(link(second, "next"))

    assert kinds(first) + kinds(second) + kinds(third) == [f"k{n // 3}" for n in range(12)]
    assert link(first, "prev") is None
    assert link(third, "next") is None
    assert kinds(browser.get(link(third, "prev"))) == kinds(second)
    assert b"12 rows" in first.content


@pytest.mark.parametrize("cursor", ["after=nonsense", "before=", "after=WyJhIl0%3Abad"])
def test_a_bad_cursor_is_the_first_page(browser, owner, make_jobs, cursor) -> None:
    make_jobs(owner, 7)

    response = browser.get(f"/things/?{cursor}")

    assert response.status_code == 200
    assert len(kinds(response)) == 5


def test_sorting_by_a_turned_column_turns_the_order(browser, owner, make_jobs) -> None:
    make_jobs(owner, kind="old")
    make_jobs(owner, kind="new")

    assert kinds(browser.get("/things/?sort=age")) == ["new", "old"]
    assert kinds(browser.get("/things/?sort=-age")) == ["old", "new"]


def test_a_sort_that_is_not_offered_is_the_default(browser, owner, make_jobs) -> None:
    make_jobs(owner, kind="b")
    make_jobs(owner, kind="a")

    assert kinds(browser.get("/things/?sort=state")) == ["a", "b"]
    assert kinds(browser.get("/things/?sort=error__x")) == ["a", "b"]


def test_filters_narrow_and_stand_in_the_address(browser, owner, make_jobs) -> None:
    make_jobs(owner, kind="done", state="DONE")
    make_jobs(owner, kind="failed", state="FAILED")
    make_jobs(owner, kind="waiting")

    response = browser.get("/things/?state=DONE&state=FAILED&q=&done_from=", headers=RESULTS)

    assert kinds(response) == ["done", "failed"]
    assert response["HX-Push-Url"] == "/things/?state=DONE&state=FAILED"
    assert b"Done, Failed" in response.content


def test_narrowing_replaces_the_address_instead_of_adding_a_step(browser, owner, make_jobs) -> None:
    make_jobs(owner)
    by_form = {**RESULTS, "HX-Trigger": "list-test-jobs-filters"}

    response = browser.get("/things/?q=crm&state=", headers=by_form)

    assert response["HX-Replace-Url"] == "/things/?q=crm"
    assert "HX-Push-Url" not in response


@pytest.mark.parametrize(
    "query",
    ["done_from=abc", "done_from=1e999", "created_from=2026-13-45", "state=NOPE", "q=%00", "q=%25"],
)
def test_a_filter_that_makes_no_sense_breaks_nothing(browser, owner, make_jobs, query) -> None:
    make_jobs(owner)

    assert browser.get(f"/things/?{query}").status_code == 200


def test_days_are_those_of_the_groups_time_zone(browser, owner, make_jobs) -> None:
    # 16:30 in UTC is already the next day in Shanghai.
    make_jobs(owner, created_at="2026-03-01T16:30:00Z")

    assert kinds(browser.get("/things/?created_from=2026-03-02&created_to=2026-03-02"))
    assert not kinds(browser.get("/things/?created_to=2026-03-01"))


def test_nothing_yet_and_no_match_are_told_apart(browser, owner, make_jobs) -> None:
    empty = browser.get("/things/")
    make_jobs(owner)
    no_match = browser.get("/things/?q=zzz")

    assert b"Nothing here yet" in empty.content
    assert b"Nothing matches these filters" in no_match.content


def test_a_masked_column_is_hidden_and_cannot_be_probed(
    group, client_of, manager, make_jobs
) -> None:
    make_jobs(manager, kind="a", total_count=77_777)
    make_jobs(manager, kind="b", total_count=11_111)
    browser = client_of(group, manager.user)

    page = browser.get("/things/")
    exported = b"".join(browser.get("/things/?export=csv"))

    assert b"77,777" not in page.content
    assert b"77777" not in exported
    assert b"***" in exported
    assert kinds(browser.get("/things/?sort=total_count")) == ["a", "b"]
    assert kinds(browser.get("/things/?secret_from=50000")) == ["a", "b"]


def test_who_may_see_the_masked_column_sees_it(browser, owner, make_jobs) -> None:
    make_jobs(owner, total_count=77_777)

    assert b"77,777" in browser.get("/things/").content


def test_chosen_columns_are_kept_for_the_person(browser, owner, make_jobs) -> None:
    make_jobs(owner, state="DONE")
    browser.post("/things/", {"columns": "set", "column": ["kind", "created_at", "made_up"]})

    page = browser.get("/things/")

    assert b">Started</th>" in page.content
    assert b">State</th>" not in page.content
    assert Preference.objects.get(owner_id=owner.pk).value == {"columns": ["kind", "created_at"]}
    browser.post("/things/", {"columns": "reset"})
    assert b">State</th>" in browser.get("/things/").content


def test_a_view_is_saved_opened_shared_and_removed(
    group, browser, owner, manager, make_jobs, client_of
) -> None:
    make_jobs(owner, kind="done", state="DONE")
    make_jobs(owner, kind="other")
    answer = browser.post(
        "/things/?state=DONE&sort=-kind", {"save_view": "1", "name": " Finished ", "shared": "1"}
    )

    view = SavedView.objects.get()

    assert (view.name, view.is_shared, view.owner_id) == ("Finished", True, owner.pk)
    assert kinds(browser.get(answer["Location"])) == ["done"]
    colleague = client_of(group, manager.user)
    assert b"Finished" in colleague.get("/things/").content
    assert colleague.post("/things/", {"remove_view": view.pk}).status_code == 404
    assert SavedView.objects.exists()
    browser.post("/things/", {"remove_view": view.pk})
    assert not SavedView.objects.exists()


def test_a_view_that_is_not_shared_stays_ones_own(group, browser, manager, client_of) -> None:
    browser.post("/things/", {"save_view": "1", "name": "Private"})

    assert b"Private" not in client_of(group, manager.user).get("/things/").content


def test_a_second_view_of_the_same_name_is_refused(browser) -> None:
    browser.post("/things/", {"save_view": "1", "name": "One"})

    assert browser.post("/things/", {"save_view": "1", "name": "One"}).status_code == 409
    assert SavedView.objects.count() == 1


def test_a_bulk_action_runs_per_row_and_tells_what_was_refused(browser, owner, make_jobs) -> None:
    rows = make_jobs(owner, 4)
    ids = [row.pk for row in rows]

    response = browser.post("/things/", {"bulk": "close", "row": ids}, headers=HTMX)

    assert sorted(row_id for row_id, _name in urls.bulk_calls) == [i for i in ids if i % 2 == 0]
    assert b"2 rows done." in response.content
    assert b"An odd one." in response.content
    assert "fc:list-changed" in response["HX-Trigger"]


def test_a_bulk_action_reaches_no_row_outside_the_list(browser, manager, make_jobs) -> None:
    theirs = make_jobs(manager, 4)

    browser.post("/things/", {"bulk": "close", "row": [row.pk for row in theirs]})

    assert urls.bulk_calls == []


def test_all_filtered_rows_are_those_of_the_address(browser, owner, make_jobs) -> None:
    wanted = [row.pk for row in make_jobs(owner, 12, state="DONE") if row.pk % 2 == 0]
    make_jobs(owner, 3)

    browser.post("/things/?state=DONE", {"bulk": "close", "everything": "1"})

    assert sorted(row_id for row_id, _name in urls.bulk_calls) == wanted


def test_a_bulk_action_without_its_permission_is_not_there(
    group, client_of, manager, make_jobs
) -> None:
    rows = make_jobs(manager, 2)
    browser = client_of(group, manager.user)

    response = browser.post("/things/", {"bulk": "hidden", "row": [row.pk for row in rows]})

    assert response.status_code == 404
    assert b"Hidden</button>" not in browser.get("/things/").content
    assert urls.bulk_calls == []


def test_more_rows_than_one_request_may_take_are_refused(browser, owner) -> None:
    Job.objects.bulk_create(
        [Job(kind="a", actor_id=owner.pk, actor_name="", created_at=now()) for _ in range(201)]
    )

    response = browser.post("/things/", {"bulk": "close", "everything": "1"})

    assert response.status_code == 422
    assert urls.bulk_calls == []


def test_the_queries_of_a_list_do_not_grow_with_its_rows(
    browser, owner, make_jobs, django_assert_max_num_queries
) -> None:
    make_jobs(owner, 30)
    browser.get("/things/")  # the first request of a session also notes the session

    with django_assert_max_num_queries(12):
        browser.get("/things/")


def test_a_selection_and_an_export_leave_an_audit_entry(browser, owner, make_jobs) -> None:
    make_jobs(owner, state="DONE")

    b"".join(browser.get("/things/?state=DONE&export=csv"))

    entry = AuditEntry.objects.get(action="exported")
    assert entry.actor_id == owner.pk
    assert entry.changes == {"list": "test.jobs", "kind": "csv", "query": "state=DONE"}
