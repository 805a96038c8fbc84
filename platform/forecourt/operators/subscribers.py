"""What operators do with their own accounts, told in the platform's log."""

from django.db import connection

from forecourt.accounts.events import AccountActivity
from forecourt.kernel import events
from forecourt.kernel.clock import now
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.operators.logbook import VERBS
from forecourt.operators.models import Operator, PlatformEntry


@events.subscribe(AccountActivity)
def note_activity(event: AccountActivity) -> None:
    """Of accounts on the bare domain alone; those of a group are told in that group's log."""
    if connection.schema_name != PUBLIC_SCHEMA or event.action not in VERBS:
        return
    operator = Operator.objects.filter(user_id=event.user_id).first()
    PlatformEntry.objects.create(
        happened_at=now(),
        operator_id=event.user_id,
        operator_name=operator.name if operator else "",
        address=event.address,
        action=event.action,
        subject=event.details.get("login", ""),
        facts={},
    )
