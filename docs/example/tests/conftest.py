"""Two groups of the suite's template, brought up to a product that has the module."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connections

from tests.api.conftest import caller
from tests.conftest import client_of, group, other_group, pytest_collection_modifyitems

__all__ = ["caller", "client_of", "group", "other_group", "pytest_collection_modifyitems"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """As at an installation: the module's tables, rights and lists reach every group."""
    with django_db_blocker.unblock():
        call_command("migrate_groups", stdout=StringIO())
        for connection in connections.all():
            connection.close()
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()
