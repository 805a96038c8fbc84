"""Citizen identity numbers: checked, one a customer, found whole, and hidden everywhere else."""

import pytest
from django.db import connection

from apps.crm.actions import change_customer, create_customer, reveal_national_id
from apps.crm.actions.records import CustomerRecord, take_in_customers
from apps.crm.errors import NationalIdInUse
from apps.crm.models import Customer
from apps.crm.queries import list_customers
from forecourt.kernel import verify
from forecourt.kernel.access import shown
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.secret import Secret
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff, make_store

NUMBER, OTHER = "310101199003070035", "11010119900307109X"


@pytest.fixture
def advisor(group):
    return make_staff("sales_advisor", make_store())


def _identified(advisor, number=NUMBER):
    customer = make_customer(owner=advisor)
    return change_customer(customer_id=customer.pk, national_id=number, actor=actor_of(advisor))


def test_it_is_kept_encrypted_and_read_again(advisor):
    customer = _identified(advisor, " 310101 19900307 0035 ")

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT national_id, national_id_index FROM crm_customer WHERE id = %s", [customer.pk]
        )
        kept = "".join(cursor.fetchone())
    assert NUMBER not in kept
    again = Customer.objects.get(pk=customer.pk)
    assert again.national_id.reveal() == NUMBER
    assert NUMBER not in f"{again.national_id} {again.national_id!r} {vars(again)}"


@pytest.mark.parametrize(
    ("number", "kind"),
    [("310101199003070036", "PERSON"), ("31010119900307", "PERSON"), (NUMBER, "COMPANY")],
)
def test_a_wrong_number_and_a_companys_are_refused_and_change_nothing(advisor, number, kind):
    customer = make_customer(owner=advisor, kind=kind)

    with pytest.raises(Invalid) as refusal:
        change_customer(
            customer_id=customer.pk, national_id=number, name="anders", actor=actor_of(advisor)
        )

    assert refusal.value.field == "national_id"
    again = Customer.objects.get(pk=customer.pk)
    assert (again.name, again.national_id) == (customer.name, "")


def test_a_number_belongs_to_one_customer_of_the_group(advisor):
    _identified(advisor)
    second = make_customer(owner=advisor)

    for attempt in (
        lambda: change_customer(customer_id=second.pk, national_id=NUMBER, actor=actor_of(advisor)),
        lambda: create_customer(actor=actor_of(advisor), name="谁", national_id=NUMBER),
    ):
        with pytest.raises(NationalIdInUse) as refusal:
            attempt()
        assert refusal.value.field == "national_id"

    assert not Customer.objects.get(pk=second.pk).national_id
    assert not Customer.objects.filter(name="谁").exists()


def test_others_see_a_part_and_can_neither_uncover_nor_change_it(advisor):
    customer = _identified(advisor)
    reception = actor_of(make_staff("receptionist", advisor.home_store))
    manager = actor_of(make_staff("store_manager", advisor.home_store))
    hq = actor_of(make_staff("headquarters"))

    assert shown(reception, customer, "national_id") == "310***********0035"
    assert shown(manager, customer, "national_id") == NUMBER
    with pytest.raises(NotPermitted):
        reveal_national_id(customer_id=customer.pk, actor=reception)
    with pytest.raises(NotPermitted):
        change_customer(customer_id=customer.pk, national_id=OTHER, actor=hq)
    assert Customer.objects.get(pk=customer.pk).national_id == NUMBER


def test_what_comes_back_as_it_was_shown_is_no_change(advisor):
    customer = _identified(advisor)
    hq = actor_of(make_staff("headquarters"))

    change_customer(
        customer_id=customer.pk, national_id="310***********0035", name="李四", actor=hq
    )

    again = Customer.objects.get(pk=customer.pk)
    assert (again.name, again.national_id) == ("李四", NUMBER)


def test_the_form_shows_a_part_and_keeps_the_number(advisor, group, client_of):
    customer = _identified(advisor)
    page = client_of(group, advisor.user)
    address = f"/crm/customers/{customer.pk}/edit/"

    shown_form = page.get(address).content.decode()
    assert "310***********0035" in shown_form
    assert NUMBER not in shown_form
    values = {"kind": "PERSON", "name": "王五", "national_id": "310***********0035"}
    assert page.post(address, values).status_code == 302
    assert Customer.objects.get(pk=customer.pk).national_id == NUMBER
    refused = page.post(address, {**values, "national_id": "123"})
    assert refused.status_code == 422
    assert "18" in refused.content.decode()


def test_uncovering_is_logged_and_the_log_never_holds_a_number(advisor, group, client_of):
    customer = _identified(advisor)
    page = client_of(group, advisor.user)
    detail = page.get(f"/crm/customers/{customer.pk}/").content.decode()
    assert NUMBER not in detail

    answer = page.post(f"/crm/customers/{customer.pk}/national-id/reveal/")

    assert NUMBER in answer.content.decode()
    entry = AuditEntry.objects.get(action="national_id_revealed")
    assert entry.actor_id == advisor.pk
    change_customer(customer_id=customer.pk, national_id=OTHER, actor=actor_of(advisor))
    log = "".join(map(str, AuditEntry.objects.values_list("changes", "subject_label")))
    assert "national_id" in log
    assert NUMBER not in log
    assert OTHER not in log


def test_a_whole_number_finds_the_customer_for_those_who_may_see_it(advisor):
    customer = _identified(advisor)
    reception = actor_of(make_staff("receptionist", advisor.home_store))

    assert list(list_customers(actor_of(advisor), NUMBER)) == [customer]
    assert list(list_customers(reception, NUMBER)) == []
    assert list(list_customers(actor_of(advisor), NUMBER[:14])) == []


def test_an_import_joins_the_customer_who_has_the_number(advisor):
    customer = _identified(advisor)
    boss = actor_of(make_staff("group_owner"))
    records = [
        CustomerRecord(name="同人", phones=("+8613700001111",), national_id=NUMBER),
        CustomerRecord(name="新人", national_id=OTHER),
        CustomerRecord(name="又是新人", national_id=OTHER),
    ]

    joined, made, same = take_in_customers(records=records, actor=boss)

    assert (joined.customer_id, joined.is_new) == (customer.pk, False)
    assert made.is_new
    assert same.customer_id == made.customer_id
    assert Customer.objects.get(pk=made.customer_id).national_id == OTHER
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def test_a_secret_shows_nowhere_by_accident():
    secret = Secret(NUMBER)

    assert {str(secret), repr(secret), f"{secret}", f"{[secret]}"} == {"•••", "[•••]"}
    assert secret == NUMBER
    assert secret != OTHER
    assert not Secret("")
