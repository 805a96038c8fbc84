from collections.abc import Callable
from typing import Any

import pytest

from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.models import CustomField
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def owner_person(group) -> StaffMember:
    return make_staff("group_owner", make_store())


@pytest.fixture
def owner(owner_person) -> Actor:
    """Somebody who may do everything, custom fields included."""
    return actor_of(owner_person)


@pytest.fixture
def make_field(owner) -> Callable[..., CustomField]:
    """``make_field("TEXT", code="hobby")``: a field of customers, unless a host is named."""

    def make(kind: str = "TEXT", code: str = "", host: str = "customer", **details: Any):
        code = code or f"f_{kind.lower()}"
        details = {"label_zh": f"字段{code}", "label_en": f"Field {code}"} | details
        return add_field(host=host, code=code, kind=kind, actor=owner, **details)

    return make
