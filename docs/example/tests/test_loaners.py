"""What a module gets for what it declares, tried on the module of courtesy cars."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import get_resolver

from apps.approvals import actions as approvals
from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.steps import Step
from apps.crm.models import Customer
from apps.loaners import actions
from apps.loaners.actions.approval import KIND
from apps.loaners.models import Loan, LoanerCar
from apps.loaners.tasks import remind_of_overdue_loans
from apps.notifications.models import Notification
from apps.organisation import hooks
from apps.organisation.models import StaffMember, Store
from forecourt.kernel import audit, clock, feed, jobs, sample, search, summaries, verify
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.configuration.actions import export_config
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.group_settings import change_setting
from forecourt.kernel.groups import current_schema, inside
from forecourt.kernel.imports import actions as imports
from forecourt.kernel.models import Job
from tests.access import coverage
from tests.factories.approvals import make_flow
from tests.factories.crm import make_customer, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store

TODAY = clock.today("Asia/Shanghai")


class Place:
    """A store with a courtesy car, people and a customer."""

    def __init__(self) -> None:
        self.store: Store = make_store()
        self.adviser: StaffMember = make_staff("service_adviser", self.store)
        self.manager: StaffMember = make_staff("service_manager", self.store)
        self.car = LoanerCar.objects.create(
            plate_number=f"沪AD{self.store.pk % 100000:05d}", name="海豚", store=self.store
        )
        self.customer: Customer = make_customer(name="欧阳锋", phone=next_phone())

    def lend(self, by: StaffMember | None = None, days: int = 3, **fields: Any) -> Loan:
        return actions.lend_car(
            **{
                "car_id": self.car.pk,
                "phone": self.customer.primary_phone,
                "purpose": "REPAIR",
                "due_date": TODAY + timedelta(days=days),
                "licence_number": "310101199001011234",
                "actor": actor_of(by or self.adviser),
                **fields,
            }
        )


@pytest.fixture
def place(group) -> Place:
    return Place()


def problems() -> list[verify.Problem]:
    return [problem for _name, found in verify.run_checks() for problem in found]


def typed(place: Place, **changes: Any) -> dict[str, Any]:
    return {
        "car_id": place.car.pk,
        "phone": place.customer.primary_phone,
        "purpose": "REPAIR",
        "due_date": (TODAY + timedelta(days=2)).isoformat(),
        "licence_number": "310101199001011234",
        **changes,
    }


def test_pages_show_lend_and_take_back(group, place, client_of):
    browser: Client = client_of(group, place.adviser.user)

    kept = browser.post("/loaners/new/", typed(place, due_date="2020-01-01"))
    assert kept.status_code == 422
    assert "310101199001011234" in kept.text, "what was typed is still there"
    with inside(group):
        assert not Loan.objects.exists()

    done = browser.post("/loaners/new/", typed(place))
    assert done.status_code == 302
    page = browser.get(done.url)
    with inside(group):
        loan = Loan.objects.get()
    assert loan.number in page.text
    assert "海豚" in page.text
    assert "代步车" in page.text
    assert browser.post(f"{done.url}return/").status_code == 302
    listed = browser.get("/loaners/?state=RETURNED&sort=due_date&q=欧阳")
    assert loan.number in listed.text
    assert loan.number not in browser.get("/loaners/?state=LENT").text
    exported = b"".join(browser.get("/loaners/?export=csv").streaming_content).decode("utf-8-sig")
    assert loan.number in exported
    assert "已归还" in exported


def test_the_api_lends_lists_and_takes_back(group, place, caller):
    program = caller(group, place.adviser)
    body = {**typed(place), "car_id": str(place.car.pk)}

    refused = program.post("loans", {**body, "due_date": "2020-01-01"})
    assert (refused.status_code, refused.json()["field"]) == (422, "due_date")
    made = program.post("loans", body)
    assert made.status_code == 201, made.content
    again = program.post("loans", body)
    assert (again.status_code, again.json()["code"]) == (409, "car_taken")
    listed = program.get("loans?state=LENT&ordering=due_date&expand=customer").json()["data"]
    assert [row["customer"]["name"] for row in listed] == ["欧阳锋"]
    back = program.post(f"loans/{made.json()['id']}/return")
    assert back.json()["state"] == "RETURNED"
    assert program.get(f"loans/{made.json()['id']}").json()["returned_date"]
    schema = program.get("schema/").json()
    assert "/api/v1/loans/{loan_id}/return" in schema["paths"]


def test_scope_and_masks_hold_everywhere(group, place, client_of, caller):
    elsewhere = Place()
    watcher = make_staff("receptionist", place.store)

    with pytest.raises(NotPermitted):
        place.lend(by=watcher)
    with pytest.raises(NotFound):
        place.lend(car_id=elsewhere.car.pk)
    with pytest.raises(NotFound):
        place.lend(actor=actor_of(elsewhere.adviser))
    assert not Loan.objects.exists()
    loan = place.lend()
    with pytest.raises(NotFound):
        actions.return_car(loan_id=loan.pk, actor=actor_of(elsewhere.adviser))
    with pytest.raises(NotPermitted):
        actions.return_car(loan_id=loan.pk, actor=actor_of(watcher))
    assert Loan.objects.get(pk=loan.pk).state == "LENT"
    assert caller(group, elsewhere.adviser).get(f"loans/{loan.pk}").status_code == 404
    assert client_of(group, elsewhere.adviser.user).get(f"/loaners/{loan.pk}/").status_code == 404
    seen = caller(group, watcher).get(f"loans/{loan.pk}").json()["licence_number"]
    assert seen == "**************1234"
    page = client_of(group, watcher.user).get(f"/loaners/{loan.pk}/").text
    assert "**************1234" in page
    assert "310101199001011234" not in page


def test_the_walks_over_everything_find_nothing_uncovered(group, place):
    views = [
        (name, view)
        for name, view in coverage.patterns(get_resolver("docs.example.urls"))
        if name.startswith(("loaners:", "api:loan"))
    ]
    lists = [view.list_page for _name, view in views if hasattr(view, "list_page")]
    nobody = Actor(user_id=1, staff_id=1, name="nobody")

    assert len(views) == 7
    assert coverage.uncovered_views(views, {}) == []
    assert coverage.uncovered_operations(coverage.endpoints(views), {}) == []
    assert coverage.uncovered_exports(lists, {}) == []
    assert coverage.uncovered_models([Loan, LoanerCar], {}) == []
    assert not Loan.objects.visible_to(nobody).exists()


def test_a_field_of_the_groups_own_is_everywhere_at_once(group, place, client_of, caller):
    owner = actor_of(make_staff("group_owner"))
    add_field(
        host="loan", code="fuel", kind="TEXT", label_zh="油量", is_searchable=True, actor=owner
    )
    browser, program = client_of(group, place.adviser.user), caller(group, place.adviser)

    assert "油量" in browser.get("/loaners/new/").text
    address = browser.post("/loaners/new/", typed(place, custom_fuel="四分之三")).url
    assert "四分之三" in browser.get(address).text
    assert "油量" in browser.get("/loaners/").text
    row = program.get("loans?custom.fuel=四分之三").json()["data"][0]
    assert row["custom"] == {"fuel": "四分之三"}
    with inside(group):
        loan = Loan.objects.get()
        assert audit.history(loan).filter(changes__has_key="custom.fuel").exists()
        hits = search.find("四分之三", actor_of(place.adviser))
        assert [source.name for source, _hits in hits] == ["loaners.loans"]


def test_a_setting_of_one_store_decides_how_long_cars_are_lent(group, place, caller):
    owner = make_staff("group_owner")
    change_setting(
        key="loaners.longest_days", value=2, store_id=place.store.pk, actor=actor_of(owner)
    )
    program = caller(group, place.adviser)
    late = {**typed(place), "car_id": str(place.car.pk)}
    late["due_date"] = (TODAY + timedelta(days=3)).isoformat()

    refused = program.post("loans", late)

    assert (refused.status_code, refused.json()["field"]) == (422, "due_date")
    assert not Loan.objects.exists()
    listed = caller(group, owner).get("settings").json()["data"]
    assert "loaners.longest_days" in {entry["key"] for entry in listed}


def test_a_long_loan_waits_until_it_is_approved(place):
    make_flow(KIND, [Step(roles=("service_manager",), condition="days > 10")])
    loan = place.lend(days=12)
    assert loan.state == "WAITING"

    request = ApprovalRequest.objects.get(kind=KIND, subject_id=loan.pk)
    approvals.approve(approval_id=request.pk, actor=actor_of(place.manager))

    assert Loan.objects.get(pk=loan.pk).state == "LENT"
    actions.return_car(loan_id=loan.pk, actor=actor_of(place.adviser))
    assert place.lend(days=9).state == "LENT", "no step of the flow asks anybody"
    assert problems() == []


def test_a_refused_loan_frees_the_car(place):
    make_flow(KIND, [Step(roles=("service_manager",))])
    loan = place.lend(days=30)
    request = ApprovalRequest.objects.get(kind=KIND, subject_id=loan.pk)

    approvals.reject(approval_id=request.pk, reason="no", actor=actor_of(place.manager))

    assert Loan.objects.get(pk=loan.pk).state == "REFUSED"
    assert place.lend().state == "LENT"


def test_the_database_lends_no_car_twice(place):
    loan = place.lend()
    loan.pk, loan.number = None, "X-1"
    with pytest.raises(IntegrityError), transaction.atomic():
        loan.save(force_insert=True)


def test_what_happens_is_logged_numbered_counted_and_told(place):
    loan = place.lend()
    actions.return_car(loan_id=loan.pk, actor=actor_of(place.adviser))

    assert loan.number.startswith(f"{place.store.code}-CL-")
    verbs = list(audit.history(loan).order_by("id").values_list("action", flat=True))
    assert verbs == ["created", "lent", "returned"]
    types = {event.type for event in feed.events_for(actor_of(place.adviser))}
    assert {"loan.lent", "loan.returned"} <= types
    counted = summaries.by_store(["loans_lent"], start=TODAY, end=TODAY)
    assert counted["loans_lent"][place.store.pk].quantity == 1
    assert problems() == []


def test_the_lender_is_told_once_of_what_is_late(place):
    loan = place.lend()
    Loan.objects.filter(pk=loan.pk).update(
        lent_date=TODAY - timedelta(days=9), due_date=TODAY - timedelta(days=1)
    )

    actions.remind_of_overdue_loans()
    remind_of_overdue_loans(schema_name=current_schema())

    told = Notification.objects.filter(event="loaners.loan_overdue")
    assert list(told.values_list("recipient_id", flat=True)) == [place.adviser.pk]


def test_it_is_found_by_number_plate_and_customer(place):
    loan = place.lend()
    adviser = actor_of(place.adviser)

    for words in (loan.number, place.car.plate_number, "欧阳"):
        found = {source.name: hits for source, hits in search.find(words, adviser)}
        assert [hit.url for hit in found["loaners.loans"]] == [f"/loaners/{loan.pk}/"], words
    stranger = actor_of(make_staff("service_adviser", make_store()))
    assert "loaners.loans" not in {s.name for s, _hits in search.find(loan.number, stranger)}


def test_cars_come_from_a_file_once(place):
    manager = actor_of(make_staff("store_manager", place.store))
    text = (
        "车牌号,车型,门店\n"
        f"沪A88801,朗逸,{place.store.code}\n"
        f"{place.car.plate_number},海豚,{place.store.code}\n"
        f"沪A88802,朗逸,{make_store().code}\n"
    )
    counts = []
    for _time in range(2):
        run = imports.upload_file(
            kind="loaners.car", name="x.csv", content=io.BytesIO(text.encode()), actor=manager
        )
        imports.map_columns(run_id=run.pk, mapping=run.mapping, actor=manager)
        for start in (imports.start_check, imports.start_run):
            job = start(run_id=run.pk, actor=manager)
            jobs.run_job(schema_name=current_schema(), job_id=job.pk)
            assert Job.objects.get(pk=job.pk).state == Job.State.DONE
        run.refresh_from_db()
        counts.append((run.created_count, run.unchanged_count, run.rejected_count))

    assert counts == [(1, 0, 2), (0, 1, 2)]
    assert LoanerCar.objects.filter(plate_number="沪A88801").count() == 1


def test_verify_names_what_is_wrong(place):
    loan = place.lend()
    LoanerCar.objects.filter(pk=place.car.pk).update(store=make_store())

    assert [problem.subject for problem in problems()] == [f"loan {loan.number}"]


def test_a_store_with_cars_that_are_out_stays_open(place):
    place.lend()

    left = {found.url: found.count for found in hooks.left_in(place.store.pk)}

    assert left[f"/loaners/?store={place.store.pk}"] == 1


def test_its_decisions_are_part_of_the_configuration_file(group):
    change_setting(key="loaners.longest_days", value=5, actor=system_actor())

    exported = export_config(actor=system_actor())

    assert "loaners.longest_days:\n      rule: DEFAULT\n      value: 5" in exported
    assert "loan_purposes:" in exported


def test_sample_data_lends_nothing_and_has_cars(group):
    make_store()

    makers = [maker for _order, name, maker in sample._makers if name.startswith("apps.loaners")]
    for maker in makers:
        maker(sample.Making(system_actor()))

    assert LoanerCar.objects.count() == 3 * Store.objects.count()
