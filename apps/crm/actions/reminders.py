"""Late first answers: the advisor is told once, by mail, and the lead keeps when."""

from __future__ import annotations

from collections import defaultdict

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.crm import queries
from apps.crm.models import Lead
from apps.organisation import queries as organisation
from forecourt.kernel import outbox
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_group

TOPIC = "crm.late_answers"
AT_MOST = 500


@transaction.atomic
def remind_of_late_answers() -> int:
    """Mark the leads and have one mail sent to each advisor; answers how many leads it were."""
    moment = now()
    late = list(
        queries.late_answers()
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_MOST]
    )
    by_owner: dict[int, list[Lead]] = defaultdict(list)
    for lead in late:
        by_owner[lead.owner_id].append(lead)
    Lead.objects.filter(pk__in=[lead.pk for lead in late]).update(reminded_at=moment)
    for owner_id, leads in sorted(by_owner.items()):
        outbox.emit(
            TOPIC,
            {"owner_id": owner_id, "lead_ids": [lead.pk for lead in leads]},
            key=f"{owner_id}:{leads[0].pk}:{moment.isoformat()}",
        )
    return len(late)


@outbox.handles(TOPIC)
def send_reminder(payload: dict, _key: str) -> None:
    """One mail with the leads that are still unanswered; none when all have been answered."""
    owner = organisation.staff_by_id([payload["owner_id"]]).get(payload["owner_id"])
    leads = Lead.objects.filter(
        pk__in=payload["lead_ids"], owner_id=payload["owner_id"], first_response_at__isnull=True
    ).select_related("customer")
    leads = [lead for lead in leads if lead.is_open]
    if owner is None or not leads:
        return
    group = current_group()
    language = (owner.user.language if owner.user else "") or (
        group.language if group else settings.LANGUAGE_CODE
    )
    with translation.override(language):
        lines = [f"{lead.number}  {lead.customer}  {lead.wish}" for lead in leads]
        send_mail(
            subject=ngettext(
                "%(count)s lead waits for your first answer",
                "%(count)s leads wait for your first answer",
                len(leads),
            )
            % {"count": len(leads)},
            message="\n".join([_("The time for the first answer has passed:"), "", *lines]),
            from_email=None,
            recipient_list=[owner.email],
        )
