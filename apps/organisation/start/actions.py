"""What makes a new group usable: its owner's account and rights."""

from django.db import transaction

from apps.organisation.models import GroupSettings, Position, Role, StaffMember
from forecourt.accounts.actions import open_account
from forecourt.kernel import audit
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today

OWNER = "group_owner"


@transaction.atomic
def found_group(
    *, group_name: str, language: str, owner_name: str, email: str, password: str
) -> StaffMember:
    """Name the group and let its owner sign in, with every right.

    ``password`` is encoded. Repeated for the same person it changes nothing. Raises EmailTaken when
    somebody else of the group has the address.
    """
    already = StaffMember.objects.filter(email__iexact=email, roles__code=OWNER).first()
    if already is not None:
        return already
    GroupSettings.objects.update_or_create(
        pk=1,
        defaults={
            "name_zh": group_name,
            "name_en": group_name if group_name.isascii() else "",
        },
    )
    user = open_account(email=email, name=owner_name, password_hash=password, language=language)
    owner = StaffMember.objects.create(
        user=user,
        name=owner_name,
        email=user.email,
        position=Position.objects.filter(code=OWNER).first(),
        state=StaffMember.State.ACTIVE,
        joined_date=today(),
    )
    owner.roles.add(Role.objects.get(code=OWNER))
    audit.record(system_actor("sign-up"), "created", owner)
    return owner
