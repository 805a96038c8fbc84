"""Roles: copied, changed, removed."""

import secrets
from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation import queries, rules
from apps.organisation.errors import BeyondOwnRights, RoleInUse, RoleIsFixed
from apps.organisation.models import Role, RolePermission
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.errors import Conflict, Invalid, NotPermitted

MANAGE = "organisation.manage_role"


@transaction.atomic
def copy_role(*, role_id: int, name_zh: str, actor: Actor, name_en: str = "") -> Role:
    """A role of the group's own that begins with another's rights.

    Raises NotFound, NotPermitted, Invalid, or BeyondOwnRights for rights that she does not hold.
    """
    _require_manager(actor)
    origin = queries.lock_role(role_id=role_id)
    rights = dict(origin.permissions.values_list("permission", "scope"))
    return _make(actor, _own_code(), name_zh, name_en, rights, {"copied_from": str(origin)})


@transaction.atomic
def add_role(
    *, name_zh: str, rights: Mapping[str, str], actor: Actor, name_en: str = "", code: str = ""
) -> Role:
    """A role of the group's own with exactly these rights (``{permission: scope}``).

    ``code`` is given for a role that has one elsewhere already. Raises NotPermitted, Invalid,
    Conflict (code taken), or BeyondOwnRights for rights that she does not hold.
    """
    _require_manager(actor)
    _require_known(rights)
    if code and Role.objects.filter(code=code).exists():
        raise Conflict(_("Another role has this code."), field="code")
    about = dict(sorted(rights.items()))
    return _make(actor, code or _own_code(), name_zh, name_en, rights, about)


@transaction.atomic
def edit_role(
    *, role_id: int, name_zh: str, rights: Mapping[str, str], actor: Actor, name_en: str = ""
) -> Role:
    """Give a role exactly these rights (``{permission: scope}``); holders have them at once.

    Only rights that she holds herself, as wide, can be given, widened, narrowed or taken. Raises
    NotFound, NotPermitted, Invalid, RoleIsFixed for the group owner's, or BeyondOwnRights.
    """
    _require_manager(actor)
    role = queries.lock_role(role_id=role_id)
    if role.code == rules.OWNER_ROLE:
        raise RoleIsFixed(_("The group owner always holds every right."))
    if not name_zh.strip():
        raise Invalid(_("Please enter a name."), field="name_zh")
    _require_known(rights)
    before = queries.rights_of(role)
    changed = {
        name: (before.get(name, ""), rights.get(name, ""))
        for name in before.keys() | rights.keys()
        if before.get(name) != rights.get(name)
    }
    _require_held(actor, changed)
    role.permissions.filter(permission__in=changed).delete()
    RolePermission.objects.bulk_create(
        RolePermission(role=role, permission=name, scope=after)
        for name, (_before, after) in changed.items()
        if after
    )
    names = audit.changes_between(
        {"name_zh": role.name_zh, "name_en": role.name_en},
        {"name_zh": name_zh.strip(), "name_en": name_en.strip()},
    )
    role.name_zh, role.name_en = name_zh.strip(), name_en.strip()
    role.save(update_fields=["name_zh", "name_en"])
    if changed or names:
        rights_changed = {name: list(pair) for name, pair in sorted(changed.items())}
        audit.record(actor, "changed", role, {**names, **rights_changed})
    return role


@transaction.atomic
def delete_role(*, role_id: int, actor: Actor) -> None:
    """Raises NotFound, NotPermitted, RoleIsFixed for a built-in one, or RoleInUse."""
    _require_manager(actor)
    role = queries.lock_role(role_id=role_id)
    if role.is_built_in:
        raise RoleIsFixed(_("Built-in roles stay; take them from people instead."))
    if role.staff.exists():
        raise RoleInUse(_("Somebody has this role. Give her another one first."))
    audit.record(actor, "deleted", role)
    role.delete()


def _own_code() -> str:
    return f"own_{secrets.token_hex(6)}"


def _make(
    actor: Actor,
    code: str,
    name_zh: str,
    name_en: str,
    rights: Mapping[str, str],
    about: Mapping[str, str],
) -> Role:
    _require_held(actor, {name: ("", scope) for name, scope in rights.items()})
    if not name_zh.strip():
        raise Invalid(_("Please enter a name."), field="name_zh")
    role = Role.objects.create(code=code, name_zh=name_zh.strip(), name_en=name_en.strip())
    RolePermission.objects.bulk_create(
        RolePermission(role=role, permission=name, scope=scope) for name, scope in rights.items()
    )
    audit.record(actor, "created", role, about)
    return role


def _require_manager(actor: Actor) -> None:
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        raise NotPermitted(_("Roles are headquarters' to change."))


def _require_known(rights: Mapping[str, str]) -> None:
    known = all_permissions()
    if any(name not in known or scope not in rules.SCOPES for name, scope in rights.items()):
        raise Invalid(_("Choose one of the list."), field="rights")


def _require_held(actor: Actor, changed: Mapping[str, tuple[str, str]]) -> None:
    """Raises BeyondOwnRights where a scope, before or after, is wider than the actor's own."""
    held = queries.scopes_of(actor)
    beyond = [
        name
        for name, scopes in changed.items()
        if not all(rules.is_scope_within(scope, held.get(name, "")) for scope in scopes)
    ]
    if beyond:
        labels = all_permissions()
        names = "; ".join(str(labels.get(name, name)) for name in sorted(beyond)[:3])
        raise BeyondOwnRights(
            _("You do not hold these rights as wide yourself: %(rights)s.") % {"rights": names},
            field="rights",
        )
