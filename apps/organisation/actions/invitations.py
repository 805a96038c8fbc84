"""Inviting people: a link by mail, kept as a digest, that lets one person set her password."""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.organisation import queries, rules
from apps.organisation.actions.authority import require_may_manage, require_reach, require_rights
from apps.organisation.actions.numbers import require_free_national_id
from apps.organisation.actions.staff import (
    chosen_roles,
    clean_person,
    require_stores,
    revoke_open_invitations,
)
from apps.organisation.errors import InvitationVoid
from apps.organisation.events import StaffJoined
from apps.organisation.models import Invitation, StaffMember
from billing.entitlements import require_entitled
from billing.plans import Resource
from forecourt.accounts import actions as accounts
from forecourt.accounts import mail
from forecourt.accounts.models import User
from forecourt.kernel import audit, custom_fields, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import account_url

State = StaffMember.State


@transaction.atomic
def invite_staff(
    *,
    name: str,
    email: str,
    role_ids: Collection[int],
    actor: Actor,
    mobile: str = "",
    home_store_id: int | None = None,
    store_ids: Collection[int] = (),
    department_id: int | None = None,
    position_id: int | None = None,
    manager_id: int | None = None,
    language: str = "",
    custom: Mapping[str, Any] | None = None,
    is_mailed: bool = True,
) -> StaffMember:
    """Add a person and mail her a link, good for seven days, by which she sets her password.

    Without ``is_mailed`` she waits as invited until :func:`resend_invitation`.
    ``home_store_id`` None means headquarters. Raises NotPermitted, BeyondOwnRights, Invalid,
    AddressInUse, EmailTaken, MobileTaken, or LimitReached when the group's plan allows no more
    staff.
    """
    also_in = set(store_ids) - {home_store_id}
    require_stores(also_in)
    require_reach(actor, home_store_id=home_store_id, staff_id=None, also_in=also_in)
    values = clean_person(
        name=name,
        email=email,
        mobile=mobile,
        home_store_id=home_store_id,
        department_id=department_id,
        position_id=position_id,
        manager_id=manager_id,
        actor=actor,
        staff_id=None,
    )
    accounts.require_free_login(email=values["email"], mobile=values["mobile"])
    roles = chosen_roles(role_ids)
    require_rights(
        actor,
        roles,
        store_ids=frozenset(also_in | ({home_store_id} if home_store_id else set())),
        staff_id=None,
    )
    require_entitled(Resource.STAFF)
    staff = StaffMember.objects.create(**values, state=State.INVITED)
    staff.stores.set(also_in)
    staff.roles.set(roles)
    values_of_own = custom_fields.save_values(staff, custom, actor=actor, is_new=True)
    if is_mailed:
        _send(staff, actor, language)
    audit.record(
        actor,
        "invited" if is_mailed else "created",
        staff,
        {"email": staff.email, "roles": sorted(str(role) for role in roles), **values_of_own},
        store_id=home_store_id,
    )
    return staff


@transaction.atomic
def resend_invitation(*, staff_id: int, actor: Actor, language: str = "") -> Invitation:
    """Mail a new link; older ones no longer work. Also brings back somebody who had left.

    Raises NotFound, NotPermitted, BeyondOwnRights, TransitionNotAllowed, or NationalIdInUse.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    if staff.state != State.INVITED:
        rules.require_transition(rules.STAFF_TRANSITIONS, staff.state, State.INVITED)
        require_free_national_id(staff)
        staff.state, staff.left_date = State.INVITED, None
        staff.save(update_fields=["state", "left_date"])
    invitation = _send(staff, actor, language)
    audit.record(actor, "invited_again", staff, store_id=staff.home_store_id)
    return invitation


@transaction.atomic
def revoke_invitation(*, staff_id: int, actor: Actor) -> None:
    """Make the open link worthless; the person stays in the list, to be invited again.

    Raises NotFound, NotPermitted, BeyondOwnRights, or Invalid when there is no open link.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    if not revoke_open_invitations(staff):
        raise Invalid(_("There is no open invitation."))
    audit.record(actor, "invitation_revoked", staff, store_id=staff.home_store_id)


@transaction.atomic
def accept_invitation(*, token: str, name: str, password: str, language: str = "") -> User:
    """The invited person names herself, sets a password, and may sign in from now on.

    Whoever holds the link is believed to be the person: it went to her mailbox alone. Raises
    InvitationVoid, Invalid, WeakPassword, EmailTaken or MobileTaken.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .filter(digest=Invitation.digest_of(token))
        .first()
    )
    if invitation is None or queries.find_invitation(token) is None:
        raise InvitationVoid(_("This invitation is no longer good. Ask for a new one."))
    staff = StaffMember.objects.select_for_update(of=("self",)).get(pk=invitation.staff_member_id)
    if not name.strip():
        raise Invalid(_("Please enter your name."), field="name")
    staff.name = name.strip()
    user = _account(staff, password, language)
    staff.user = user
    staff.state = State.ACTIVE
    staff.joined_date = staff.joined_date or today()
    staff.save(update_fields=["name", "user", "state", "joined_date"])
    invitation.accepted_at = now()
    invitation.save(update_fields=["accepted_at"])
    actor = queries.actor_for_user(user.pk)
    assert actor is not None  # she was made active a moment ago
    audit.record(actor, "joined", staff, store_id=staff.home_store_id)
    events.publish(StaffJoined(staff_id=staff.pk, user_id=user.pk))
    return user


def _account(staff: StaffMember, password: str, language: str) -> User:
    """A new account, or the one that she had before she left."""
    if staff.user_id is None:
        return accounts.open_account(
            email=staff.email,
            name=staff.name,
            mobile=staff.mobile,
            password=password,
            language=language,
        )
    return accounts.renew_account(user_id=staff.user_id, name=staff.name, password=password)


def _send(staff: StaffMember, actor: Actor, language: str) -> Invitation:
    revoke_open_invitations(staff)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        staff_member=staff,
        digest=Invitation.digest_of(token),
        created_at=now(),
        expires_at=now() + rules.INVITATION_LASTS,
    )
    mail.send(
        "organisation/email/invitation",
        to=staff.email,
        key=f"invitation:{invitation.pk}",
        language=language,
        context={
            "name": staff.name,
            "inviter": actor.name,
            "url": account_url(reverse("organisation:invitation_accept", args=[token])),
            "expires_at": invitation.expires_at,
        },
    )
    return invitation
