"""What a customer is, what follows from the facts about her, and how she is found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forecourt.kernel import text
from forecourt.kernel.errors import Invalid


class CustomerKind(TextChoices):
    PERSON = "PERSON", pgettext_lazy("customer", "Person")
    COMPANY = "COMPANY", pgettext_lazy("customer", "Company")


class Gender(TextChoices):
    UNKNOWN = "", _("Not known")
    MALE = "MALE", _("Male")
    FEMALE = "FEMALE", _("Female")


class Lifecycle(TextChoices):
    POTENTIAL = "POTENTIAL", _("Potential")
    INTERESTED = "INTERESTED", _("Interested")
    CUSTOMER = "CUSTOMER", _("Customer")
    LAPSED = "LAPSED", _("Lapsed")


CHANNEL_NAMES = {
    "phone": pgettext_lazy("channel", "Calls"),
    "sms": pgettext_lazy("channel", "Text messages"),
    "wechat": _("WeChat"),
    "email": _("E-mail"),
}
CONSENT_CHANNELS = tuple(CHANNEL_NAMES)


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """The columns by which a customer sorts and is found."""

    name_sort: str
    search_text: str
    grams: list[str]


def search_keys(*, name: str, phones: Iterable[str], is_person: bool = True) -> SearchKeys:
    """``phones`` in E.164 form; Chinese ones are found by their national digits."""
    digits = [phone.removeprefix("+86").lstrip("+") for phone in phones]
    parts = [text.normalise(name), *text.pinyin_keys(name), *digits]
    words = " ".join(part for part in parts if part)
    return SearchKeys(
        name_sort=text.pinyin_sort_key(name, person=is_person)[:200],
        search_text=words[:500],
        grams=text.ngrams(*parts),
    )


def kept_digits(search_text: str, phones: Iterable[str]) -> list[str]:
    """Digits by which a customer is found besides her phones: numbers without an area code."""
    known = [phone.removeprefix("+86").lstrip("+") for phone in phones]
    return [word for word in search_text.split() if word.isdigit() and word not in known]


def lifecycle(
    *, has_won: bool, has_open_opportunity: bool, has_lost: bool, has_open_lead: bool
) -> str:
    """Derived from the facts, never typed in."""
    if has_won:
        return Lifecycle.CUSTOMER
    if has_open_opportunity:
        return Lifecycle.INTERESTED
    if has_lost and not has_open_lead:
        return Lifecycle.LAPSED
    return Lifecycle.POTENTIAL


def is_protected(*, last_touch_at: datetime | None, now: datetime, days: int) -> bool:
    """Whether the owner still has the customer to herself: the last touch is recent enough."""
    return last_touch_at is not None and now - last_touch_at <= timedelta(days=days)


def consents_after(known: Mapping[str, bool], given: Mapping[str, bool | None]) -> dict[str, bool]:
    """What is known once the customer has answered about some channels; the others stay as said.

    ``None`` forgets an answer: nobody has asked. Raises Invalid for a channel that we do not know.
    """
    unknown = set(given) - set(CONSENT_CHANNELS)
    if unknown:
        raise Invalid(
            _t("There is no channel “%(channel)s”.") % {"channel": min(unknown)},
            field="consents",
        )
    told = {**known, **given}
    return {name: bool(told[name]) for name in CONSENT_CHANNELS if told.get(name) is not None}


def stricter_consents(one: Mapping[str, bool], other: Mapping[str, bool]) -> dict[str, bool]:
    """What two customers who are one have agreed to: whoever has refused once has refused."""
    return {
        channel: one.get(channel, True) and other.get(channel, True)
        for channel in CONSENT_CHANNELS
        if channel in one or channel in other
    }


HIDDEN_WITH_PHONE = ("wechat", "email", "address")
"""Other ways to a customer, for the same eyes as the phone."""


def hidden(_value: str) -> str:
    """Nothing of the value, only that there is one."""
    return "•••"


SHOWN_DIGITS = 4
"""So many of a masked phone's last digits are left to see."""


def masked_phone(phone: str) -> str:
    """``138****8000``: enough to recognise a number, too little to call it."""
    digits = phone.removeprefix("+86")
    if len(digits) < 7:
        return "****"
    return f"{digits[:3]}****{digits[-SHOWN_DIGITS:]}"


def masked_licence(number: str) -> str:
    """``•••• 123X``: enough to compare with the licence shown."""
    return f"•••• {number[-SHOWN_DIGITS:]}"


def spoken_phone(phone: str) -> str:
    """``138 0013 8000`` for Chinese mobile numbers, the international form for others."""
    national = phone.removeprefix("+86")
    if phone.startswith("+861") and len(national) == 11:
        return f"{national[:3]} {national[3:7]} {national[7:]}"
    return phone
