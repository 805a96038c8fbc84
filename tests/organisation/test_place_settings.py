"""The group's time zone and currency: what begins with them, and who follows."""

from decimal import Decimal

import pytest

from apps.organisation import actions
from apps.organisation.actions.group import GROUP_CHANGED
from apps.organisation.subscribers import tell_platform
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import change_setting, reset_setting, value_of
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import OutboxMessage
from tenants.models import DealerGroup
from tests.factories.organisation import actor_of, make_staff
from tests.factories.vehicles import make_model

ZONE, CURRENCY = "organisation.time_zone", "organisation.currency"


@pytest.fixture
def owner(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


def test_new_stores_and_companies_begin_with_what_the_group_decided(owner: Actor) -> None:
    change_setting(key=ZONE, value="Asia/Singapore", actor=owner)
    change_setting(key=CURRENCY, value="SGD", actor=owner)

    company = actions.add_company(name_zh="新加坡公司", actor=owner)
    store = actions.add_store(code="SG01", name_zh="一店", legal_entity_id=company.pk, actor=owner)

    assert (company.currency, store.time_zone) == ("SGD", "Asia/Singapore")


def test_the_platform_follows_at_once_and_back_again(group, owner: Actor) -> None:
    change_setting(key=ZONE, value="Asia/Tokyo", actor=owner)
    told = OutboxMessage.objects.filter(topic=GROUP_CHANGED).latest("pk")
    tell_platform(told.payload, "")
    followed = DealerGroup.objects.get(schema_name=group.schema_name).time_zone
    reset_setting(key=ZONE, actor=owner)
    tell_platform(OutboxMessage.objects.filter(topic=GROUP_CHANGED).latest("pk").payload, "")

    again = DealerGroup.objects.get(schema_name=group.schema_name)
    assert followed == "Asia/Tokyo"
    assert (again.time_zone, again.name) == ("Asia/Shanghai", group.name)


def test_the_currency_stays_once_there_are_amounts(owner: Actor) -> None:
    make_model(guide_price=Decimal("99800.00"))

    with pytest.raises(Invalid) as refusal:
        change_setting(key=CURRENCY, value="USD", actor=owner)

    assert refusal.value.field == "value"
    assert value_of(CURRENCY) == "CNY"
    assert not OutboxMessage.objects.filter(topic=GROUP_CHANGED).exists()
