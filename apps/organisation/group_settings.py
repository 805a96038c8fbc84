"""What a group decides about signing in, time and money; the stores that may decide themselves."""

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.organisation import hooks
from apps.organisation.models import Store
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import (
    Choice,
    Days,
    Level,
    Setting,
    Subject,
    YesNo,
    declare,
    subjects_of,
    value_of,
)
from forecourt.kernel.groups import current_group, current_schema, identity_of

TIME_ZONE = "organisation.time_zone"
CURRENCY = "organisation.currency"
CLOSED_DAYS = "organisation.closed_days"
TIME_ZONES = (
    "Asia/Shanghai",
    "Asia/Urumqi",
    "Asia/Hong_Kong",
    "Asia/Macau",
    "Asia/Taipei",
    "Asia/Singapore",
    "Asia/Kuala_Lumpur",
    "Asia/Bangkok",
    "Asia/Tokyo",
    "Asia/Dubai",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
)
CURRENCIES = (
    "CNY",
    "HKD",
    "MOP",
    "TWD",
    "SGD",
    "MYR",
    "THB",
    "JPY",
    "AED",
    "GBP",
    "EUR",
    "USD",
)


def require_no_amounts(currency: str) -> None:
    """Amounts are in the group's currency: another one would change what they say.

    Raises Invalid beside the value while anything holds an amount.
    """
    group = current_group() or identity_of(current_schema())
    present = group.currency if group else value_of(CURRENCY)
    if currency != present and hooks.holds_amounts():
        raise Invalid(
            _t("There are amounts in the present currency already; it can no longer change."),
            field="value",
        )


declare(
    Setting(
        "organisation.requires_second_factor",
        label=_("Everybody signs in with a second factor"),
        help=_("Whoever has none is asked to add one before anything else."),
        kind=YesNo(),
        default=False,
        permission="organisation.manage_group",
    ),
    Setting(
        TIME_ZONE,
        label=_("Time zone"),
        help=_(
            "By which the group's days begin and its times are shown; new stores start with it and "
            "may have another."
        ),
        kind=Choice(tuple((zone, zone) for zone in TIME_ZONES)),
        default="Asia/Shanghai",
        permission="organisation.manage_group",
    ),
    Setting(
        CURRENCY,
        label=_("Currency"),
        help=_(
            "All amounts without a currency of their own are in it, and new companies start with "
            "it. It stays once there are amounts: nothing is converted."
        ),
        kind=Choice(tuple((code, code) for code in CURRENCIES)),
        default="CNY",
        permission="organisation.manage_group",
        check=require_no_amounts,
    ),
    Setting(
        CLOSED_DAYS,
        label=_("Days on which stores are closed"),
        help=_(
            "Holidays: no time to answer runs on them. One to a line, or from one to another: "
            "2026-10-01..2026-10-07."
        ),
        kind=Days(),
        default=(),
        levels=(Level.STORE,),
        permission="organisation.manage_group",
    ),
)


@subjects_of(Level.STORE)
def stores() -> list[Subject]:
    """Every store that still trades."""
    rows = Store.objects.exclude(state=Store.State.CLOSED).order_by("code")
    return [Subject(str(store.pk), store.code, f"{store.code} {store.name}") for store in rows]
