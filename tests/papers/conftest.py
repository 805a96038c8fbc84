"""A customer with an advisor and an opportunity, and a store of files of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from apps.crm.models import Opportunity
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor
from tests.factories.crm import make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def folder(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def advisor(group, folder: Path) -> StaffMember:
    return make_staff("sales_advisor", make_store())


@pytest.fixture
def actor(advisor: StaffMember) -> Actor:
    return actor_of(advisor)


@pytest.fixture
def opportunity(advisor: StaffMember) -> Opportunity:
    return make_opportunity(owner=advisor, name="张㛃")
