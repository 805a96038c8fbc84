import pytest
from allauth.mfa.models import Authenticator

from apps.organisation import actions
from apps.organisation.models import StaffMember
from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def advisor(group: GroupIdentity) -> StaffMember:
    return make_staff("sales_advisor", make_store())


def test_who_manages_a_person_takes_away_a_lost_factor(advisor: StaffMember) -> None:
    Authenticator.objects.create(
        user=advisor.user, type=Authenticator.Type.TOTP, data={"secret": "x"}
    )
    manager = actor_of(make_staff("store_manager", advisor.home_store))

    actions.remove_second_factors(staff_id=advisor.pk, actor=manager)

    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="second_factors_removed").exists()


def test_without_a_factor_there_is_nothing_to_take(advisor: StaffMember) -> None:
    manager = actor_of(make_staff("store_manager", advisor.home_store))

    with pytest.raises(Invalid):
        actions.remove_second_factors(staff_id=advisor.pk, actor=manager)
