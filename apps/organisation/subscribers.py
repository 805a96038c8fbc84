"""What the organisation does when it hears of something."""

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from apps.organisation import queries
from apps.organisation.actions.group import GROUP_CHANGED, tell_platform_later
from apps.organisation.actions.staff import record_activity, rename_staff
from apps.organisation.events import StoreAdded, StoreStateChanged
from apps.organisation.group_settings import CURRENCY, TIME_ZONE
from apps.organisation.models import StaffMember, Store
from apps.organisation.rules import OWNER_ROLE
from apps.organisation.start.actions import found_group
from billing import stores
from billing.entitlements import counts
from billing.events import StandingChanged, StandingWillChange
from billing.plans import Resource
from forecourt.accounts import mail, policy
from forecourt.accounts.events import AccountActivity, ProfileChanged
from forecourt.kernel import events, outbox
from forecourt.kernel.clock import today
from forecourt.kernel.group_settings import SettingChanged, value_of
from forecourt.kernel.groups import current_schema, in_group, site_url
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


# --- The group's subscription: what a plan limits is counted, owners are told how the group stands


@counts(Resource.STORES)
def active_stores() -> int:
    """Stores that are paid for: all that are not closed."""
    return Store.objects.exclude(state=Store.State.CLOSED).count()


@counts(Resource.STAFF)
def present_staff() -> int:
    return StaffMember.objects.exclude(state=StaffMember.State.LEFT).count()


@events.subscribe(StoreAdded)
def follow_new_store(_event: StoreAdded) -> None:
    stores.announce()


@events.subscribe(StoreStateChanged)
def follow_store_state(event: StoreStateChanged) -> None:
    if Store.State.CLOSED in (event.before, event.after):
        stores.announce()


@events.subscribe(StandingWillChange)
def tell_owners_ahead(news: StandingWillChange) -> None:
    key = f"standing:{news.then}:{news.until:%F}:{news.days}"
    _tell_owners(news, state=news.then, key=key, until=localtime(news.until))


@events.subscribe(StandingChanged)
def tell_owners(news: StandingChanged) -> None:
    """Not of the end of a trial by subscribing: whoever did that knows."""
    if (news.before, news.after) != ("TRIALING", "ACTIVE"):
        _tell_owners(news, state=news.after, key=f"standing:{news.after}:{today():%F}", until=None)


def _tell_owners(news: object, *, state: str, key: str, until: Any) -> None:
    owners = queries.active_people(OWNER_ROLE).values_list("pk", flat=True)
    for person in queries.contacts_of(owners).values():
        mail.send(
            "billing/email/standing",
            to=person.email,
            key=f"{key}:{person.staff_id}",
            language=person.language,
            context={
                "name": person.name,
                "news": news,
                "state": state,
                "until": date_format(until, "DATE_FORMAT") if until else "",
                "url": site_url(reverse("billing:home")),
            },
        )
