"""The pages of the desk and of the demo cars."""

from datetime import timedelta

import pytest

from apps.crm.actions import register_visit
from apps.crm.models import Customer, TestDrive, Visit
from apps.documents.models import DocumentKind
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from tests.crm.test_pages import HTMX, crm
from tests.crm.test_test_drives import LICENCE, book, hand_out, make_demo_car, open_store, tomorrow
from tests.factories.crm import make_customer, make_opportunity
from tests.factories.organisation import make_staff

SYSTEM = system_actor()
PHONE = "13800138000"


@pytest.fixture
def store(group):
    return open_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store, name="李娜")


@pytest.fixture
def desk(group, client_of, store, advisor):
    """The receptionist's browser."""
    return client_of(group, make_staff("receptionist", store=store).user)


@pytest.fixture
def deal(advisor):
    return make_opportunity(owner=advisor, name="王芳")


@pytest.fixture
def car(store):
    return make_demo_car(store, plate_number="沪A12345")


def test_the_desk_registers_a_visitor_with_a_phone_number_and_one_press(desk, advisor):
    page = desk.get(crm("reception")).content.decode()
    assert "李娜" in page

    answer = desk.post(
        crm("reception"),
        {"who": PHONE, "reason": "LOOK", "headcount": "2", "source": "WALK_IN"},
        **HTMX,
    )

    assert answer.headers["HX-Redirect"].startswith(crm("reception"))
    visit = Visit.objects.get()
    assert (visit.customer.primary_phone, visit.advisor, visit.headcount) == (
        "+8613800138000",
        advisor,
        2,
    )
    assert visit.customer.name == ""
    page = desk.get(crm("reception")).content.decode()
    assert crm("visit_end", visit.pk) in page


def test_the_desk_finds_whom_it_types_and_chooses_her(desk, advisor):
    customer = make_customer(owner=advisor, name="欧阳娜娜")
    found = desk.get(crm("visitor_find"), {"who": "欧阳"}, **HTMX).content.decode()
    assert crm("visitor_choose", customer.pk) in found
    chosen = desk.get(crm("visitor_choose", customer.pk), {"who": "欧阳"}, **HTMX)
    assert f'name="customer_id" value="{customer.pk}"' in chosen.content.decode()

    form = {"who": "欧阳", "reason": "LOOK", "headcount": "1", "source": "WALK_IN"}
    refused = desk.post(crm("reception"), form, **HTMX)
    assert (refused.status_code, Visit.objects.count()) == (422, 0)
    assert "欧阳" in refused.content.decode()

    desk.post(crm("reception"), {**form, "customer_id": customer.pk}, **HTMX)
    assert Visit.objects.get().customer == customer


def test_a_number_cannot_be_used_to_look_up_customers_of_other_stores(desk):
    stranger = make_customer(owner=make_staff(store=open_store()), name="周杰")

    assert desk.get(crm("visitor_choose", stranger.pk), {"who": "周杰"}, **HTMX).status_code == 404
    answer = desk.post(
        crm("reception"),
        {
            "who": PHONE,
            "customer_id": stranger.pk,
            "reason": "LOOK",
            "headcount": "1",
            "source": "WALK_IN",
        },
        **HTMX,
    )
    assert (answer.status_code, Visit.objects.count()) == (404, 0)


def test_visitors_are_identified_handed_on_and_leave(desk, store, advisor):
    colleague = make_staff(store=store)
    visit = register_visit(actor=SYSTEM, store_id=store.pk, reason="LOOK")

    desk.post(crm("visit_identify", visit.pk), {"phone": PHONE, "name": "张伟"}, **HTMX)
    desk.post(crm("visit_hand", visit.pk), {"advisor_id": colleague.pk}, **HTMX)
    desk.post(crm("visit_leave", visit.pk), {"note": "再来"}, **HTMX)

    visit.refresh_from_db()
    assert (visit.customer, visit.advisor) == (Customer.objects.get(name="张伟"), colleague)
    assert (visit.state, visit.note) == ("LEFT", "再来")
    desk.post(crm("visit_void", visit.pk), {"reason": "按错"}, **HTMX)
    visit.refresh_from_db()
    assert visit.state == "VOID"
    assert "张伟" in desk.get(crm("visit_detail", visit.pk)).content.decode()


def test_a_test_drive_is_booked_handed_out_and_taken_back(desk, store, deal, car):
    form = desk.get(crm("test_drive_create"), {"customer": deal.customer_id}).content.decode()
    assert "王芳" in form
    assert "沪A12345" in form
    desk.post(
        crm("test_drive_create"),
        {
            "customer_id": deal.customer_id,
            "vehicle_id": car.pk,
            "starts_at": f"{tomorrow() + timedelta(hours=8):%Y-%m-%dT%H:%M}",
            "minutes": "30",
            "route": "CITY",
        },
        **HTMX,
    )
    drive = TestDrive.objects.get()
    assert (drive.starts_at, drive.route, drive.advisor) == (tomorrow(), "CITY", deal.owner)

    desk.post(
        crm("test_drive_hand_out", drive.pk),
        {"driver_name": "王芳", "licence_number": LICENCE, "mileage_before": "1000"},
        **HTMX,
    )
    wrong = desk.post(crm("test_drive_return", drive.pk), {"mileage_after": "900"}, **HTMX)
    assert wrong.status_code == 422
    page = desk.get(crm("test_drive_detail", drive.pk)).content.decode()
    photo = f"/documents/of/crm.test_drive/{drive.pk}/add/?kind=driving_licence"
    assert photo in page
    licence = DocumentKind.objects.get(code="driving_licence")
    assert f'<option value="{licence.pk}" selected' in desk.get(photo, **HTMX).text
    assert "1234" in page
    assert LICENCE not in page
    desk.post(crm("test_drive_return", drive.pk), {"mileage_after": "1012", "rating": "5"}, **HTMX)

    drive.refresh_from_db()
    assert (drive.state, drive.distance, drive.rating) == ("RETURNED", 12, 5)


def test_a_clash_is_told_beside_the_car_and_nothing_typed_is_lost(desk, store, deal, car):
    book(deal, car)
    other = make_opportunity(owner=make_staff(store=store), name="赵敏")

    answer = desk.post(
        crm("test_drive_create"),
        {
            "customer_id": other.customer_id,
            "vehicle_id": car.pk,
            "starts_at": f"{tomorrow() + timedelta(hours=8):%Y-%m-%dT%H:%M}",
            "minutes": "30",
            "route": "CITY",
            "note": "带孩子",
        },
        **HTMX,
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "10:30" in page
    assert "带孩子" in page
    assert "赵敏" in page
    assert TestDrive.objects.count() == 1


def test_the_day_shows_what_is_taken_and_whose_it_is_only_to_those_who_may_see(
    group, client_of, desk, store, deal, car
):
    drive = book(deal, car)
    day = {"day": f"{tomorrow():%Y-%m-%d}"}
    colleague = client_of(group, make_staff(store=store).user)

    assert "王芳" in desk.get(crm("test_drive_day"), day).content.decode()
    seen = colleague.get(crm("test_drive_day"), day).content.decode()

    assert "李娜" in seen
    assert "王芳" not in seen
    assert crm("test_drive_detail", drive.pk) not in seen


def test_an_advisors_day_begins_with_her_test_drives(group, client_of, deal, car):
    drive = hand_out(book(deal, car))
    page = client_of(group, deal.owner.user).get(crm("my_day")).content.decode()

    assert crm("test_drive_return", drive.pk) in page


def test_the_pages_that_are_open_all_day_are_cheap(
    desk, store, advisor, deal, car, django_assert_max_num_queries
):
    for number in range(6):
        register_visit(actor=SYSTEM, store_id=store.pk, reason="LOOK", phone=f"1390000000{number}")
        book(deal, car, tomorrow(10 + number))
    for name, address in (
        ("reception", crm("reception")),
        ("now", crm("showroom_now")),
        ("day", f"{crm('test_drive_day')}?day={tomorrow():%Y-%m-%d}"),
        ("visits", crm("visit_list")),
        ("drives", crm("test_drive_list")),
    ):
        desk.get(address)
        with django_assert_max_num_queries(12, info=name):
            assert desk.get(address).status_code == 200


def test_a_visit_that_is_over_is_not_ended_again(desk, store, advisor):
    visit = register_visit(actor=SYSTEM, store_id=store.pk, reason="LOOK")
    assert "HX-Redirect" in desk.post(crm("visit_end", visit.pk), **HTMX).headers

    answer = desk.post(crm("visit_end", visit.pk), **HTMX)

    assert answer.status_code == 409
    visit.refresh_from_db()
    assert visit.left_at <= now()
