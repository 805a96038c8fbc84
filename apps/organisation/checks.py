"""What must always be true of stores and people."""

from collections.abc import Iterable

from django.db.models import F, Q

from apps.organisation.models import Department, StaffMember
from apps.organisation.queries import driving_licence_index, national_id_index
from forecourt.kernel.crypto import Undecipherable
from forecourt.kernel.verify import Problem, check


@check("a department is part of one in its own store")
def departments_stay_in_their_store() -> Iterable[Problem]:
    rows = Department.objects.filter(parent__isnull=False)
    both_at_headquarters = Q(parent__store__isnull=True, store__isnull=True)
    for row in rows.exclude(both_at_headquarters | Q(parent__store=F("store"))):
        yield Problem(f"department {row.pk}", "is part of a department of another store")


@check("a person's department is one of the store that she works in")
def people_are_in_departments_of_their_store() -> Iterable[Problem]:
    rows = StaffMember.objects.filter(department__isnull=False)
    both_at_headquarters = Q(department__store__isnull=True, home_store__isnull=True)
    for row in rows.exclude(both_at_headquarters | Q(department__store=F("home_store"))):
        yield Problem(f"person {row.pk}", "is in a department of another store")


@check("people's national IDs and licences are found by their indexes")
def numbers_fit_their_indexes() -> Iterable[Problem]:
    for name, index_of in (
        ("national_id", national_id_index),
        ("driving_licence", driving_licence_index),
    ):
        held = StaffMember.objects.exclude(**{f"{name}_index": None})
        for staff in held.only(name, f"{name}_index").iterator():
            try:
                number = getattr(staff, name).reveal() if getattr(staff, name) else ""
            except Undecipherable:
                yield Problem(f"person {staff.pk}", f"{name} cannot be deciphered")
                continue
            if not number or index_of(number) != getattr(staff, f"{name}_index"):
                yield Problem(f"person {staff.pk}", f"{name} is not what it is found by")
