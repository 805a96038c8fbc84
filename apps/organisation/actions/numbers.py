"""A person's bank account, national ID and driving licence: changed, uncovered.

All three are kept encrypted and shown in part. Seeing and changing one takes its own right, and
uncovering it is always in the log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.organisation import queries, rules
from apps.organisation.errors import NationalIdInUse
from apps.organisation.models import StaffMember
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, masked
from forecourt.kernel.citizen_id import cleaned_citizen_id
from forecourt.kernel.clock import today
from forecourt.kernel.secret import Secret


@dataclass(frozen=True)
class _Number:
    """``field`` of a person; ``index_of`` answers what it is found by, where it is looked up."""

    field: str
    clean: Callable[[str], str]
    index_of: Callable[[str], str] | None = None

    @property
    def permission(self) -> str:
        return StaffMember.masked_fields[self.field].permission


def _national_id(raw: str) -> str:
    return cleaned_citizen_id(raw, today=today()) if raw.strip() else ""


BANK_ACCOUNT = _Number("bank_account", rules.bank_account)
NATIONAL_ID = _Number("national_id", _national_id, queries.national_id_index)
DRIVING_LICENCE = _Number("driving_licence", rules.driving_licence, queries.driving_licence_index)


@transaction.atomic
def change_bank_account(*, staff_id: int, bank_account: str, actor: Actor) -> StaffMember:
    """Note where a person's pay goes; an empty text takes it away.

    Raises NotFound, NotPermitted or Invalid.
    """
    return _change(BANK_ACCOUNT, staff_id, bank_account, actor)


@transaction.atomic
def change_national_id(*, staff_id: int, national_id: str, actor: Actor) -> StaffMember:
    """Note a person's citizen identity number; an empty text takes it away.

    Raises NotFound, NotPermitted, Invalid, or NationalIdInUse.
    """
    return _change(NATIONAL_ID, staff_id, national_id, actor)


@transaction.atomic
def change_driving_licence(*, staff_id: int, driving_licence: str, actor: Actor) -> StaffMember:
    """Note the number of a person's driving licence; an empty text takes it away.

    Raises NotFound, NotPermitted or Invalid.
    """
    return _change(DRIVING_LICENCE, staff_id, driving_licence, actor)


@transaction.atomic
def reveal_bank_account(*, staff_id: int, actor: Actor) -> str:
    """A person's bank account in full; always logged. Raises NotFound or NotPermitted."""
    staff = _lock(BANK_ACCOUNT, staff_id, actor)
    audit.record(actor, "bank_account_revealed", staff, store_id=staff.home_store_id)
    return _in_full(staff.bank_account)


@transaction.atomic
def reveal_national_id(*, staff_id: int, actor: Actor) -> str:
    """A person's identity number in full; always logged. Raises NotFound or NotPermitted."""
    staff = _lock(NATIONAL_ID, staff_id, actor)
    audit.record(actor, "national_id_revealed", staff, store_id=staff.home_store_id)
    return _in_full(staff.national_id)


@transaction.atomic
def reveal_driving_licence(*, staff_id: int, actor: Actor) -> str:
    """A person's licence number in full; always logged. Raises NotFound or NotPermitted."""
    staff = _lock(DRIVING_LICENCE, staff_id, actor)
    audit.record(actor, "driving_licence_revealed", staff, store_id=staff.home_store_id)
    return _in_full(staff.driving_licence)


def require_free_national_id(staff: StaffMember) -> None:
    """Before somebody comes back. Raises NationalIdInUse when another has her number by now."""
    others = StaffMember.objects.exclude(pk=staff.pk).exclude(state=StaffMember.State.LEFT)
    index = staff.national_id_index
    if index and others.filter(national_id_index=index).exists():
        raise _in_use()


def _change(number: _Number, staff_id: int, raw: str, actor: Actor) -> StaffMember:
    staff = _lock(number, staff_id, actor)
    present = getattr(staff, number.field)
    if present and raw == masked(staff, number.field):
        return staff  # it came back as it was shown: in part
    clean = number.clean(raw)
    if present == clean:
        return staff
    setattr(staff, number.field, Secret(clean) if clean else "")
    columns = [number.field]
    if number.index_of is not None:
        columns.append(f"{number.field}_index")
        setattr(staff, columns[-1], number.index_of(clean) if clean else None)
    try:
        with transaction.atomic():
            staff.save(update_fields=columns)
    except IntegrityError as error:
        if "staff_national_id_uq" not in str(error):
            raise
        raise _in_use() from error
    changes = {number.field: [str(present), str(getattr(staff, number.field))]}
    audit.record(actor, "changed", staff, changes, store_id=staff.home_store_id)
    return staff


def _in_use() -> NationalIdInUse:
    return NationalIdInUse(_("Another member of staff has this national ID."), field="national_id")


def _in_full(value: Any) -> str:
    return value.reveal() if value else ""


def _lock(number: _Number, staff_id: int, actor: Actor) -> StaffMember:
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    actor.require(number.permission, store_id=staff.home_store_id, owner_id=staff.pk)
    return staff
