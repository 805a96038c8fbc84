from collections.abc import Callable

from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.kernel.groups import GroupIdentity

ClientOf = Callable[..., Client]


def test_a_new_name_stands_wherever_the_person_does(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    answer = client_of(group, advisor.user).post(
        "/accounts/profile/", {"name": "林晓晓", "language": "en"}
    )

    advisor.refresh_from_db()
    advisor.user.refresh_from_db()
    assert answer.status_code == 302
    assert (advisor.name, advisor.user.name, advisor.user.language) == ("林晓晓", "林晓晓", "en")
    assert answer.cookies["django_language"].value == "en"


def test_an_empty_name_is_refused(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    answer = client_of(group, advisor.user).post(
        "/accounts/profile/", {"name": " ", "language": ""}
    )

    advisor.refresh_from_db()
    assert answer.status_code == 422
    assert advisor.name == "林晓"
