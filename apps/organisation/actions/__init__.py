"""Changes of the organisation: stores, structure, departments, people, roles, the group itself."""

from apps.organisation.actions.chat_ids import change_chat_ids
from apps.organisation.actions.departments import (
    add_department,
    add_position,
    edit_department,
    edit_position,
    remove_position,
    restore_department,
    restore_position,
    retire_department,
    retire_position,
)
from apps.organisation.actions.group import change_group_settings
from apps.organisation.actions.invitations import (
    accept_invitation,
    invite_staff,
    resend_invitation,
    revoke_invitation,
)
from apps.organisation.actions.numbers import (
    change_bank_account,
    change_driving_licence,
    change_national_id,
    reveal_bank_account,
    reveal_driving_licence,
    reveal_national_id,
)
from apps.organisation.actions.roles import add_role, copy_role, delete_role, edit_role
from apps.organisation.actions.staff import (
    change_roles,
    edit_staff,
    leave_staff,
    remove_second_factors,
    resume_staff,
    suspend_staff,
)
from apps.organisation.actions.stores import (
    add_store,
    change_store_state,
    edit_store,
    follow_brand,
)
from apps.organisation.actions.structure import (
    add_company,
    add_region,
    edit_company,
    edit_region,
    remove_region,
)

__all__ = [
    "accept_invitation",
    "add_company",
    "add_department",
    "add_position",
    "add_region",
    "add_role",
    "add_store",
    "change_bank_account",
    "change_chat_ids",
    "change_driving_licence",
    "change_group_settings",
    "change_national_id",
    "change_roles",
    "change_store_state",
    "copy_role",
    "delete_role",
    "edit_company",
    "edit_department",
    "edit_position",
    "edit_region",
    "edit_role",
    "edit_staff",
    "edit_store",
    "follow_brand",
    "invite_staff",
    "leave_staff",
    "remove_position",
    "remove_region",
    "remove_second_factors",
    "resend_invitation",
    "restore_department",
    "restore_position",
    "resume_staff",
    "retire_department",
    "retire_position",
    "reveal_bank_account",
    "reveal_driving_licence",
    "reveal_national_id",
    "revoke_invitation",
    "suspend_staff",
]
