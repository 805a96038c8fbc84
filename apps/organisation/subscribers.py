"""What the organisation does when it hears of something."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
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
from forecourt.kernel import audit, events, outbox
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.group_settings import SettingChanged, value_of
from forecourt.kernel.groups import current_group, current_schema, in_group, site_url
from tenants import domains
from tenants.events import DomainLost, DomainMissing, DomainProven, GroupFounded
from tenants.groups import change_group
from tenants.models import OwnDomain

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


@counts(Resource.DOMAINS)
def own_domains() -> int:
    """Those that still wait for their record too."""
    return len(domains.own_domains())


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
    _tell_owners(news, state=news.then, key=key, until=_day_here(news.until))


@events.subscribe(StandingChanged)
def tell_owners(news: StandingChanged) -> None:
    """Not of the end of a trial by subscribing: whoever did that knows."""
    if (news.before, news.after) != ("TRIALING", "ACTIVE"):
        _tell_owners(news, state=news.after, key=f"standing:{news.after}:{today():%F}", until=None)


def _tell_owners(news: object, *, state: str, key: str, until: date | None) -> None:
    facts = {"news": news, "state": state, "until": until, "url": _page("billing:home")}
    _mail_owners("billing/email/standing", key=key, facts=facts)


def _day_here(moment: datetime) -> date:
    """By the calendar of the group that is entered, whoever works for it."""
    group = current_group()
    return localtime(moment, ZoneInfo(group.time_zone) if group else None).date()


def _page(name: str) -> str:
    """A page of the group, also where the platform's own addresses are in force."""
    return site_url(reverse(name, urlconf=settings.ROOT_URLCONF))


def _mail_owners(template: str, *, key: str, facts: dict[str, Any]) -> None:
    owners = queries.active_people(OWNER_ROLE).values_list("pk", flat=True)
    for person in queries.contacts_of(owners).values():
        mail.send(
            template,
            to=person.email,
            key=f"{key}:{person.staff_id}",
            language=person.language,
            context={"name": person.name, **facts},
        )


# --- Host names of its own: the group's log says what became of them, owners are told -------------


@events.subscribe(DomainProven)
def note_proven(news: DomainProven) -> None:
    audit.record(system_actor(), "domain_proven", _domain_of(news), label=news.host)
    _tell_of_domain("proven", news)


@events.subscribe(DomainMissing)
def note_missing(news: DomainMissing) -> None:
    audit.record(system_actor(), "domain_missing", _domain_of(news), label=news.host)
    _tell_of_domain("missing", news, _day_here(news.until))


@events.subscribe(DomainLost)
def note_lost(news: DomainLost) -> None:
    audit.record(system_actor(), "domain_lost", _domain_of(news), label=news.host)
    _tell_of_domain("lost", news)


def _domain_of(news: DomainProven | DomainMissing | DomainLost) -> OwnDomain:
    return OwnDomain(pk=news.domain_id, host=news.host)


def _tell_of_domain(
    what: str, news: DomainProven | DomainMissing | DomainLost, until: date | None = None
) -> None:
    _mail_owners(
        "organisation/email/domain",
        key=f"{what}:{news.domain_id}:{now():%Y%m%d%H%M}",
        facts={
            "host": news.host,
            "what": what,
            "until": until,
            "url": _page("organisation:domain_list"),
        },
    )
