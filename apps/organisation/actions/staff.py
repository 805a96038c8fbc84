"""People: changed, given roles, suspended, gone."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.organisation import hooks, queries, rules
from apps.organisation.actions.authority import require_may_manage, require_reach, require_rights
from apps.organisation.errors import AddressInUse, LastOwner, ManagerCycle, SuccessorNeeded
from apps.organisation.events import StaffLeft
from apps.organisation.models import Department, Position, Role, StaffMember, Store
from forecourt.accounts import actions as accounts
from forecourt.kernel import audit, custom_fields, events
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid
from forecourt.kernel.text import normalise_phone, pinyin_sort_key

State = StaffMember.State


@transaction.atomic
def edit_staff(
    *,
    staff_id: int,
    name: str,
    email: str,
    actor: Actor,
    mobile: str = "",
    home_store_id: int | None = None,
    store_ids: Collection[int] = (),
    department_id: int | None = None,
    position_id: int | None = None,
    manager_id: int | None = None,
    custom: Mapping[str, Any] | None = None,
) -> StaffMember:
    """Change who a person is and where she works; her sign-in follows.

    Raises NotFound, NotPermitted, BeyondOwnRights, Invalid, AddressInUse, ManagerCycle, EmailTaken
    or MobileTaken.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    also_in = set(store_ids) - {home_store_id}
    values = clean_person(
        name=name,
        email=email,
        mobile=mobile,
        home_store_id=home_store_id,
        department_id=department_id,
        position_id=position_id,
        manager_id=manager_id,
        actor=actor,
        staff_id=staff.pk,
    )
    before_stores = queries.store_ids_of(staff)
    after_stores = frozenset(also_in | ({home_store_id} if home_store_id else set()))
    if after_stores != before_stores or home_store_id != staff.home_store_id:
        require_stores(also_in)
        require_reach(
            actor,
            home_store_id=home_store_id,
            staff_id=None,
            also_in=after_stores - before_stores,
        )
        require_rights(actor, staff.roles.all(), store_ids=after_stores, staff_id=staff.pk)
    before = _facts(staff)
    for field, value in values.items():
        setattr(staff, field, value)
    staff.save(update_fields=list(values))
    staff.stores.set(also_in)
    if staff.email != before["email"]:
        # An open link lies in a mailbox that is no longer hers.
        revoke_open_invitations(staff)
    if staff.user_id:
        accounts.change_login(
            user_id=staff.user_id, email=staff.email, mobile=staff.mobile, name=staff.name
        )
    changes = audit.changes_between(before, _facts(staff))
    changes |= custom_fields.save_values(staff, custom, actor=actor)
    if changes:
        audit.record(actor, "changed", staff, changes, store_id=staff.home_store_id)
    return staff


@transaction.atomic
def change_roles(*, staff_id: int, role_ids: Collection[int], actor: Actor) -> StaffMember:
    """Give a person exactly these roles; what she may do changes with her next request.

    Raises NotFound, NotPermitted, BeyondOwnRights, Invalid (no role, unknown role) or LastOwner.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    roles = chosen_roles(role_ids)
    require_rights(actor, roles, store_ids=queries.store_ids_of(staff), staff_id=staff.pk)
    if all(role.code != rules.OWNER_ROLE for role in roles):
        require_another_owner(staff)
    before = sorted(str(role) for role in staff.roles.all())
    staff.roles.set(roles)
    after = sorted(str(role) for role in roles)
    if before != after:
        audit.record(
            actor,
            "roles_changed",
            staff,
            {"roles": [before, after]},
            store_id=staff.home_store_id,
        )
    return staff


@transaction.atomic
def suspend_staff(*, staff_id: int, actor: Actor) -> StaffMember:
    """Keep a person out until :func:`resume_staff`; whatever she has open ends at once.

    Raises NotFound, NotPermitted, BeyondOwnRights, TransitionNotAllowed, LastOwner, or Invalid for
    oneself.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    if staff.pk == actor.staff_id:
        raise Invalid(_("You cannot suspend yourself."))
    require_another_owner(staff)
    _move(staff, State.SUSPENDED, "suspended", actor)
    if staff.user_id:
        accounts.suspend_account(user_id=staff.user_id)
    return staff


@transaction.atomic
def resume_staff(*, staff_id: int, actor: Actor) -> StaffMember:
    """Raises NotFound, NotPermitted, BeyondOwnRights or TransitionNotAllowed."""
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    if staff.state == State.INVITED:
        rules.require_transition({State.INVITED: set()}, staff.state, State.ACTIVE)
    _move(staff, State.ACTIVE, "resumed", actor)
    if staff.user_id:
        accounts.reopen_account(user_id=staff.user_id)
    return staff


@transaction.atomic
def leave_staff(
    *, staff_id: int, actor: Actor, successor_id: int | None = None, left_date: date | None = None
) -> StaffMember:
    """A person leaves: what she had goes to the successor, sessions and tokens end at once.

    Her name stays on history. Raises NotFound, NotPermitted, BeyondOwnRights, TransitionNotAllowed,
    LastOwner, SuccessorNeeded while she has anything to hand over, or Invalid for a successor who
    is not active or is the leaver.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    require_another_owner(staff)
    successor = _successor(successor_id, staff, actor)
    owned = hooks.owned_by(staff.pk)
    reports = StaffMember.objects.filter(manager=staff).exclude(state=State.LEFT)
    if successor is None and (owned or reports.exists()):
        raise SuccessorNeeded(
            _("Choose who takes over what this person has."), field="successor_id"
        )
    handed: dict[str, int] = {}
    if successor is not None:
        handed = hooks.hand_over_all(from_staff_id=staff.pk, to_staff_id=successor.pk, actor=actor)
        handed["reports"] = _hand_over_reports(staff, successor)
    staff.left_date = left_date or today()
    _move(
        staff,
        State.LEFT,
        "left",
        actor,
        extra=["left_date"],
        details={"successor": str(successor or ""), "handed_over": handed},
    )
    revoke_open_invitations(staff)
    if staff.user_id:
        accounts.close_account(user_id=staff.user_id)
    events.publish(StaffLeft(staff_id=staff.pk, successor_id=successor.pk if successor else None))
    return staff


@transaction.atomic
def remove_second_factors(*, staff_id: int, actor: Actor) -> StaffMember:
    """Help a person who lost her phone: her second factors go, and all her sessions.

    Raises NotFound, NotPermitted, BeyondOwnRights, or Invalid when she has none.
    """
    staff = queries.lock_staff_member(staff_id=staff_id, actor=actor)
    require_may_manage(actor, staff)
    if not staff.user_id or not accounts.remove_second_factors(user_id=staff.user_id):
        raise Invalid(_("This person has no second factor."))
    audit.record(actor, "second_factors_removed", staff, store_id=staff.home_store_id)
    return staff


def revoke_open_invitations(staff: StaffMember) -> int:
    """Make every open link to the person worthless; answers how many there were."""
    return staff.invitations.filter(accepted_at__isnull=True, revoked_at__isnull=True).update(
        revoked_at=now()
    )


@transaction.atomic
def rename_staff(*, user_id: int, name: str) -> None:
    """Follow the name that a person gave herself in her profile."""
    staff = StaffMember.objects.select_for_update(of=("self",)).filter(user_id=user_id).first()
    if staff is None or staff.name == name:
        return
    actor = queries.actor_for_user(user_id) or system_actor("accounts")
    before, staff.name = staff.name, name
    staff.name_pinyin = pinyin_sort_key(name)[:200]
    staff.save(update_fields=["name", "name_pinyin"])
    audit.record(actor, "changed", staff, {"name": [before, name]}, store_id=staff.home_store_id)


def record_activity(
    *,
    action: str,
    user_id: int | None,
    address: str | None,
    device: str,
    details: dict[str, Any],
) -> None:
    """Write what somebody did with an account, or tried, into the audit log."""
    staff = StaffMember.objects.filter(user_id=user_id).first() if user_id else None
    actor = Actor(
        user_id=user_id,
        staff_id=staff.pk if staff else None,
        name=staff.name if staff else str(details.get("login", "")),
        address=address,
        device=device,
    )
    subject = staff or queries.group_settings()
    audit.record(
        actor,
        action,
        subject,
        details,
        store_id=staff.home_store_id if staff else None,
        label=str(staff) if staff else str(details.get("login", "")),
    )


def require_another_owner(staff: StaffMember) -> None:
    """Raises LastOwner when the group would be left without an owner who can sign in.

    Holds the owner's role until the transaction ends, so that two owners cannot go at once.
    """
    if queries.is_owner(staff) and staff.state == State.ACTIVE and queries.lock_owners() <= 1:
        raise LastOwner(_("The group's last owner stays: make somebody else owner first."))


def require_stores(store_ids: Collection[int]) -> None:
    """Raises Invalid for a store that does not exist."""
    if Store.objects.filter(pk__in=store_ids).count() != len(set(store_ids)):
        raise Invalid(_("Choose one of the list."), field="store_ids")


def chosen_roles(role_ids: Collection[int]) -> "QuerySet[Role]":
    """Raises Invalid for none, or for one that does not exist."""
    roles = Role.objects.filter(pk__in=role_ids)
    if not roles or len(roles) != len(set(role_ids)):
        raise Invalid(_("Choose at least one role."), field="roles")
    return roles


def clean_person(
    *,
    name: str,
    email: str,
    mobile: str,
    home_store_id: int | None,
    department_id: int | None,
    position_id: int | None,
    manager_id: int | None,
    actor: Actor,
    staff_id: int | None,
) -> dict[str, Any]:
    """The fields of a person as they are kept. Raises Invalid, AddressInUse or ManagerCycle."""
    name, email = name.strip(), email.strip().lower()
    if not name:
        raise Invalid(_("Please enter a name."), field="name")
    mobile = _mobile(mobile)
    _require_free_addresses(email, mobile, staff_id)
    if home_store_id is not None and not Store.objects.filter(pk=home_store_id).exists():
        raise Invalid(_("Choose one of the list."), field="home_store_id")
    present = StaffMember.objects.filter(pk=staff_id).first() if staff_id else None
    _require_department(department_id, home_store_id, present)
    _require_position(position_id, present)
    if manager_id is not None:
        _require_manager(manager_id, staff_id, actor)
    return {
        "name": name,
        "name_pinyin": pinyin_sort_key(name)[:200],
        "email": email,
        "mobile": mobile,
        "home_store_id": home_store_id,
        "department_id": department_id,
        "position_id": position_id,
        "manager_id": manager_id,
    }


def _require_department(
    department_id: int | None, store_id: int | None, present: StaffMember | None
) -> None:
    """One of the store that she works in, or of headquarters; in use, unless she is in it."""
    if department_id is None:
        return
    # Locked, so that nobody takes it out of use meanwhile; several people may move in at once.
    department = (
        Department.objects.select_for_update(no_key=True)
        .filter(pk=department_id, store=store_id)
        .first()
    )
    kept = present is not None and present.department_id == department_id
    if department is None or not (department.is_active or kept):
        raise Invalid(_("Choose a department of the store."), field="department_id")


def _require_position(position_id: int | None, present: StaffMember | None) -> None:
    """One in use, or the one that she has."""
    if position_id is None or (present is not None and present.position_id == position_id):
        return
    if not Position.objects.filter(pk=position_id, is_active=True).exists():
        raise Invalid(_("Choose one of the list."), field="position_id")


def _mobile(raw: str) -> str:
    if not raw.strip():
        return ""
    try:
        return normalise_phone(raw)
    except Invalid as refusal:
        raise Invalid(refusal.message, field="mobile") from refusal


def _require_free_addresses(email: str, mobile: str, staff_id: int | None) -> None:
    others = StaffMember.objects.exclude(pk=staff_id)
    if others.filter(email__iexact=email).exists():
        raise AddressInUse(_("Another member of staff has this e-mail address."), field="email")
    if mobile and others.filter(mobile=mobile).exists():
        raise AddressInUse(_("Another member of staff has this mobile number."), field="mobile")


def _require_manager(manager_id: int, staff_id: int | None, actor: Actor) -> None:
    present = (
        StaffMember.objects.filter(pk=staff_id).values_list("manager_id", flat=True).first()
        if staff_id
        else None
    )
    if manager_id == present:
        return
    manager = StaffMember.objects.visible_to(actor).filter(pk=manager_id).first()
    if manager is None or manager.state == State.LEFT:
        raise Invalid(_("Choose one of the list."), field="manager_id")
    if staff_id is not None and queries.is_below(manager_id=manager_id, staff_id=staff_id):
        raise ManagerCycle(
            _("This person reports to the one whom you are changing."), field="manager_id"
        )


def _successor(successor_id: int | None, staff: StaffMember, actor: Actor) -> StaffMember | None:
    if successor_id is None:
        return None
    successor = StaffMember.objects.visible_to(actor).filter(pk=successor_id).first()
    if successor is None or successor.state != State.ACTIVE or successor.pk == staff.pk:
        raise Invalid(_("Choose somebody who works here."), field="successor_id")
    return successor


def _hand_over_reports(staff: StaffMember, successor: StaffMember) -> int:
    """The leaver's people report to the successor; the successor, to the leaver's manager."""
    if successor.manager_id == staff.pk or queries.is_below(
        manager_id=successor.pk, staff_id=staff.pk
    ):
        StaffMember.objects.filter(pk=successor.pk).update(manager_id=staff.manager_id)
    return (
        StaffMember.objects.filter(manager=staff).exclude(pk=successor.pk).update(manager=successor)
    )


def _move(
    staff: StaffMember,
    state: str,
    action: str,
    actor: Actor,
    *,
    extra: Collection[str] = (),
    details: dict[str, Any] | None = None,
) -> None:
    rules.require_transition(rules.STAFF_TRANSITIONS, staff.state, state)
    before, staff.state = staff.state, state
    staff.save(update_fields=["state", *extra])
    audit.record(
        actor,
        action,
        staff,
        {"state": [before, state], **(details or {})},
        store_id=staff.home_store_id,
    )


def _facts(staff: StaffMember) -> dict[str, Any]:
    """What the log shows of a person: names instead of ids."""
    return {
        "name": staff.name,
        "email": staff.email,
        "mobile": staff.mobile,
        "home_store": staff.home_store.code if staff.home_store else None,
        "stores": sorted(staff.stores.values_list("code", flat=True)),
        "department": staff.department.name_zh if staff.department else None,
        "position": staff.position.name_zh if staff.position else None,
        "manager": staff.manager.name if staff.manager else None,
    }
