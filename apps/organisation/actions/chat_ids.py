"""Who a person is in the company's chat apps, so that messages reach her there."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation import queries, rules
from apps.organisation.actions.authority import require_may_manage
from apps.organisation.models import StaffMember
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound


@transaction.atomic
def change_chat_ids(*, staff_id: int, chat_ids: Mapping[str, str], actor: Actor) -> StaffMember:
    """Note who a person is in each app; an empty text takes it away, others stay.

    Her own may everybody change. Raises NotFound, NotPermitted, BeyondOwnRights or Invalid.
    """
    if staff_id == actor.staff_id:
        staff = StaffMember.objects.select_for_update().filter(pk=staff_id).first()
        if staff is None:
            raise NotFound(_("No such record."))
    else:
        staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
        require_may_manage(actor, staff)
    before = dict(staff.chat_ids)
    after = {**before, **{app: rules.chat_id(app, typed) for app, typed in chat_ids.items()}}
    after = {app: kept for app, kept in after.items() if kept}
    if after != before:
        staff.chat_ids = after
        staff.save(update_fields=["chat_ids"])
        apps = sorted(before.keys() | after.keys())
        changes = audit.changes_between(
            {app: before.get(app, "") for app in apps}, {app: after.get(app, "") for app in apps}
        )
        audit.record(actor, "changed", staff, changes, store_id=staff.home_store_id)
    return staff
