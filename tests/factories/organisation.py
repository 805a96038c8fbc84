"""Stores and people for tests; each call makes what it needs and nothing more."""

import itertools
from typing import Any

from apps.organisation.models import LegalEntity, Region, Role, StaffMember, Store
from apps.organisation.queries import actor_for_user
from forecourt.accounts.models import User
from forecourt.kernel.access import Actor

_numbers = itertools.count(1)


def make_store(**fields: Any) -> Store:
    number = next(_numbers)
    if "legal_entity" not in fields:
        fields["legal_entity"] = LegalEntity.objects.create(name_zh=f"公司{number}")
    fields.setdefault("code", f"T{number:04d}")
    fields.setdefault("name_zh", f"门店{number}")
    fields.setdefault("name_en", f"Store {number}")
    return Store.objects.create(**fields)


def make_region(**fields: Any) -> Region:
    fields.setdefault("name_zh", f"大区{next(_numbers)}")
    return Region.objects.create(**fields)


def make_staff(
    role: str = "sales_advisor", store: Store | None = None, **fields: Any
) -> StaffMember:
    """An active member of staff with an account; ``store`` None works at headquarters."""
    number = next(_numbers)
    email = fields.pop("email", f"person{number}@test.example")
    fields.setdefault("name", f"员工{number}")
    fields.setdefault("state", StaffMember.State.ACTIVE)
    user = User.objects.create_user(email, "a-good-password", name=fields["name"])
    staff = StaffMember.objects.create(user=user, email=email, home_store=store, **fields)
    staff.roles.add(Role.objects.get(code=role))
    return staff


def actor_of(staff: StaffMember, **options: Any) -> Actor:
    """The actor with the rights that the person has at this moment."""
    actor = actor_for_user(staff.user_id, **options)
    assert actor is not None
    return actor
