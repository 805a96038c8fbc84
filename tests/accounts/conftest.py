"""What the tests of signing in share."""

import pytest

from apps.organisation.models import Role, StaffMember
from forecourt.accounts.models import User
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import make_staff, make_store

PASSWORD = "a-good-password"


@pytest.fixture
def advisor(group: GroupIdentity) -> StaffMember:
    """A sales advisor with an account and the password of the factories."""
    return make_staff(store=make_store(), email="lin@test.example", name="林晓")


def make_twin(staff: StaffMember) -> StaffMember:
    """In the group that is entered: somebody with the same account id, password hash and address.

    What a copied database would hold; nothing of the one may open the other.
    """
    user = User.objects.create(
        pk=staff.user_id, email=staff.email, name="双胞胎", password=staff.user.password
    )
    twin = StaffMember.objects.create(
        user=user, email=staff.email, name="双胞胎", state=StaffMember.State.ACTIVE
    )
    twin.roles.add(Role.objects.get(code="group_owner"))
    return twin
