"""What customers have agreed to: a refusal outlives whatever else is written meanwhile."""

import threading

import pytest
from django.db import transaction
from django.urls import reverse

from apps.crm.actions import change_customer
from apps.crm.actions.consents import withdraw_consent
from apps.crm.actions.records import CustomerRecord, take_in_customers
from apps.crm.models import Customer
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.models import AuditEntry
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store
from tests.races import in_threads, until_somebody_waits_for_us

SYSTEM = system_actor()


def agreed(**consents: bool) -> Customer:
    customer = make_customer(name="王芳")
    Customer.objects.filter(pk=customer.pk).update(consents=consents)
    customer.refresh_from_db()
    return customer


def test_an_import_does_not_undo_a_consent_that_is_withdrawn_meanwhile(live_group):
    make_store()
    customer = agreed(sms=True)
    record = CustomerRecord(
        name="王芳", phones=(customer.primary_phone,), consents={"phone": True}, family="已婚"
    )
    withdrawn = threading.Event()

    def act(number: int):
        if number:
            withdrawn.wait(30)
            return take_in_customers(records=[record], actor=SYSTEM)
        with transaction.atomic():
            withdraw_consent(customer.pk, "sms")
            withdrawn.set()
            until_somebody_waits_for_us()
        return None

    answers = in_threads(live_group, 2, act)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    customer.refresh_from_db()
    assert customer.family == "已婚"
    assert customer.consents == {"sms": False, "phone": True}
    assert AuditEntry.objects.get(action="imported").changes == {
        "consents": [{"sms": False}, {"sms": False, "phone": True}]
    }


def test_an_answer_about_one_channel_leaves_the_others(group):
    customer = agreed(sms=False, email=False)

    change_customer(customer_id=customer.pk, consents={"phone": True, "email": None}, actor=SYSTEM)

    customer.refresh_from_db()
    assert customer.consents == {"phone": True, "sms": False}
    assert AuditEntry.objects.get(action="changed").changes == {
        "consents": [{"sms": False, "email": False}, {"phone": True, "sms": False}]
    }
    with pytest.raises(Invalid, match="fax"):
        change_customer(customer_id=customer.pk, consents={"fax": True}, actor=SYSTEM)


def test_a_form_that_was_open_meanwhile_keeps_a_refusal(group, client_of):
    store = make_store()
    customer = agreed(sms=True, email=True)
    browser = client_of(group, make_staff("store_manager", store).user)
    Customer.objects.filter(pk=customer.pk).update(home_store=store)
    address = reverse("crm:customer_edit", args=[customer.pk])
    opened = browser.get(address).context["form"]
    shown = {
        f"{prefix}may_{channel}": opened.initial.get(f"may_{channel}", "")
        for channel in ("phone", "sms", "wechat", "email")
        for prefix in ("", "initial-")
    }
    assert 'name="initial-may_sms"' in browser.get(address).text
    withdraw_consent(customer.pk, "sms")
    withdraw_consent(customer.pk, "wechat")

    answer = browser.post(
        address, {"kind": "PERSON", "name": "章玮", **shown, "may_phone": "no", "may_email": ""}
    )

    assert answer.status_code == 302
    customer.refresh_from_db()
    assert customer.name == "章玮"
    assert customer.consents == {"phone": False, "sms": False, "wechat": False}
