"""A customer's WeChat, e-mail and address are for the same eyes as her phone."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.crm.actions import change_customer, create_customer
from apps.crm.models import Customer
from apps.organisation.models import RolePermission, StaffMember
from forecourt.kernel import audit
from forecourt.kernel.access import shown
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def manager(group: GroupIdentity) -> StaffMember:
    return make_staff("store_manager", store=make_store())


@pytest.fixture
def customer(manager: StaffMember) -> Customer:
    return create_customer(
        actor=actor_of(manager),
        name="王芳",
        phone="13800138000",
        wechat="wangfang-88",
        email="wang@mail.example",
        address="浦东大道 1 号",
    )


SECRETS = ("wangfang-88", "wang@mail.example", "浦东大道 1 号", "13800138000", "138 0013 8000")


def test_who_may_not_see_the_phone_sees_no_other_way_to_the_customer(
    group: GroupIdentity, manager: StaffMember, customer: Customer, client_of: Callable[..., Client]
) -> None:
    page = client_of(group, manager.user).get(f"/crm/customers/{customer.pk}/").content.decode()
    assert "wangfang-88" in page
    RolePermission.objects.filter(permission="crm.see_phone").delete()

    actor = actor_of(manager)
    browser = client_of(group, manager.user)
    pages = [
        browser.get(f"/crm/customers/{customer.pk}/{part}").content.decode()
        for part in ("", "edit/", "?tab=history")
    ]

    assert shown(actor, customer, "wechat") == "•••"
    assert [secret for secret in SECRETS for page in pages if secret in page] == []


def test_editing_without_sight_of_them_keeps_them(
    group: GroupIdentity, manager: StaffMember, customer: Customer, client_of: Callable[..., Client]
) -> None:
    RolePermission.objects.filter(permission="crm.see_phone").delete()

    client_of(group, manager.user).post(
        f"/crm/customers/{customer.pk}/edit/", {"kind": "PERSON", "name": "王芳芳", "wechat": "x"}
    )

    customer.refresh_from_db()
    assert (customer.name, customer.wechat, customer.email) == (
        "王芳芳",
        "wangfang-88",
        "wang@mail.example",
    )


def test_the_audit_log_never_holds_them(manager: StaffMember, customer: Customer) -> None:
    change_customer(
        customer_id=customer.pk, actor=actor_of(manager), wechat="new-88", address="", name="王芳芳"
    )

    changes = audit.history(customer)[0].changes
    assert changes["wechat"] == ["•••", "•••"]
    assert changes["address"] == ["•••", ""]
    assert changes["name"] == ["王芳", "王芳芳"]
