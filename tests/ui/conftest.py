from collections.abc import Callable

import pytest
from django.test import Client

from apps.organisation.models import StaffMember
from forecourt.kernel.clock import now
from forecourt.kernel.models import Job
from forecourt.ui import shell
from tests.factories.organisation import make_staff, make_store
from tests.ui import urls

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def kit_alone(settings, monkeypatch) -> None:
    """The kit without what the modules hang into its frame."""
    monkeypatch.setattr(shell, "_slots", {})
    settings.ROOT_URLCONF = "tests.ui.urls"
    urls.bulk_calls.clear()


@pytest.fixture
def owner(group) -> StaffMember:
    return make_staff("group_owner", name="沈明")


@pytest.fixture
def manager(group) -> StaffMember:
    """May see stores, but not what the list masks."""
    return make_staff("store_manager", store=make_store())


@pytest.fixture
def browser(group, owner, client_of) -> Client:
    client = client_of(group, owner.user)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def make_jobs() -> Callable[..., list[Job]]:
    def make(owner: StaffMember, count: int = 1, **fields: object) -> list[Job]:
        values = {"kind": "crm.import", "actor_name": owner.name, "created_at": now()} | fields
        return [
            Job.objects.create(actor_id=owner.pk, **values | {"done_count": number})
            for number in range(count)
        ]

    return make
