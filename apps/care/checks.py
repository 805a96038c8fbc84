"""What must always be true of complaints."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from apps.care.models import Complaint
from apps.care.rules.complaints import ComplaintState, StepKind
from forecourt.kernel.verify import Problem, check

COMPENSATION = """
    SELECT complaint.number, complaint.compensation_amount, coalesce(sum(step.amount), 0)
    FROM care_complaint complaint
    LEFT JOIN care_complaintstep step ON step.complaint_id = complaint.id AND step.kind = %s
    GROUP BY complaint.id
    HAVING complaint.compensation_amount <> coalesce(sum(step.amount), 0)
"""
REOPENED = """
    SELECT complaint.number, complaint.reopen_count, count(step.id)
    FROM care_complaint complaint
    LEFT JOIN care_complaintstep step ON step.complaint_id = complaint.id AND step.kind = %s
    GROUP BY complaint.id
    HAVING complaint.reopen_count <> count(step.id)
"""


@check("compensations of complaints are the sum of what was granted")
def _compensations() -> Iterable[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(COMPENSATION, [StepKind.GRANTED])
        for number, kept, granted in cursor.fetchall():
            yield Problem(f"complaint {number}", f"compensation is {kept}, granted were {granted}")


@check("complaints were opened again as often as they say")
def _reopened() -> Iterable[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(REOPENED, [StepKind.REOPENED])
        for number, kept, counted in cursor.fetchall():
            yield Problem(f"complaint {number}", f"reopened {kept} times, its steps say {counted}")


@check("solved complaints were answered")
def _answered() -> Iterable[Problem]:
    unanswered = Complaint.objects.filter(
        state__in=(ComplaintState.SOLVED, ComplaintState.CLOSED), first_reply_at__isnull=True
    )
    for complaint in unanswered.iterator():
        yield Problem(f"complaint {complaint.number}", "is solved without a reply to the customer")
