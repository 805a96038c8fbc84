"""What the organisation does when it hears of something."""

from typing import Any

from apps.organisation import queries
from apps.organisation.actions.group import GROUP_CHANGED, tell_platform_later
from apps.organisation.actions.staff import record_activity, rename_staff
from apps.organisation.group_settings import CURRENCY, TIME_ZONE
from apps.organisation.start.actions import found_group
from forecourt.accounts import policy
from forecourt.accounts.events import AccountActivity, ProfileChanged
from forecourt.kernel import events, outbox
from forecourt.kernel.group_settings import SettingChanged, value_of
from forecourt.kernel.groups import current_schema, in_group
from tenants.events import GroupFounded
from tenants.groups import change_group

policy.second_factor_rule(queries.demands_second_factor)


@events.subscribe(GroupFounded)
def make_the_owner(event: GroupFounded) -> None:
    found_group(
        group_name=event.group_name,
        language=event.language,
        owner_name=event.owner_name,
        email=event.email,
        password=event.password,
    )


@events.subscribe(AccountActivity)
def log_account_activity(event: AccountActivity) -> None:
    """Sign-ins, failures and changes of protection go into the group's audit log."""
    if in_group():
        record_activity(
            action=event.action,
            user_id=event.user_id,
            address=event.address,
            device=event.device,
            details=event.details,
        )


@events.subscribe(ProfileChanged)
def follow_profile(event: ProfileChanged) -> None:
    rename_staff(user_id=event.user_id, name=event.name)


@outbox.handles(GROUP_CHANGED)
def tell_platform(payload: dict[str, Any], key: str) -> None:
    change_group(
        schema_name=current_schema(),
        name=payload["name"],
        language=payload["language"],
        time_zone=payload.get("time_zone", ""),
        currency=payload.get("currency", ""),
    )


@events.subscribe(SettingChanged)
def follow_settings(event: SettingChanged) -> None:
    if event.key == TIME_ZONE:
        tell_platform_later(time_zone=value_of(TIME_ZONE))
    elif event.key == CURRENCY:
        tell_platform_later(currency=value_of(CURRENCY))
