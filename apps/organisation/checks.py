"""What must always be true of stores and people."""

from collections.abc import Iterable

from django.db.models import F, Q

from apps.organisation.models import Department, StaffMember
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
