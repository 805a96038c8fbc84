"""Decisions of the organisation that need no database."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.organisation.errors import TransitionNotAllowed
from forecourt.kernel.access import Grant
from forecourt.kernel.errors import Invalid

INVITATION_LASTS = timedelta(days=7)
OWNER_ROLE = "group_owner"
SCOPES = ("OWN", "TEAM", "STORE", "REGION", "GROUP")
"""From the narrowest to the widest."""

STORE_TRANSITIONS: dict[str, set[str]] = {
    "OPENING": {"OPEN", "SUSPENDED", "CLOSED"},
    "OPEN": {"SUSPENDED", "CLOSED"},
    "SUSPENDED": {"OPEN", "CLOSED"},
    "CLOSED": {"OPENING"},
}
STAFF_TRANSITIONS: dict[str, set[str]] = {
    "INVITED": {"ACTIVE", "LEFT"},
    "ACTIVE": {"SUSPENDED", "LEFT"},
    "SUSPENDED": {"ACTIVE", "LEFT"},
    "LEFT": {"INVITED"},
}

_CODE = re.compile(r"^[A-Z0-9]{2,8}$")


def require_transition(transitions: Mapping[str, set[str]], current: str, target: str) -> None:
    """Raises TransitionNotAllowed."""
    if target not in transitions[current]:
        raise TransitionNotAllowed(_("This is no longer possible in the present state."))


def clean_code(raw: str) -> str:
    """A store's code in capitals. Raises Invalid."""
    code = raw.strip().upper()
    if not _CODE.match(code):
        raise Invalid(_("2 to 8 capital letters and digits."), field="code")
    return code


def coordinates(
    latitude: Decimal | None, longitude: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Latitude and longitude in degrees to six places (a hand's breadth), or neither.

    Raises Invalid beside the one that is missing or out of bounds.
    """
    for name, value, bound in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if value is None:
            if latitude is not None or longitude is not None:
                raise Invalid(_("Give both latitude and longitude, or neither."), field=name)
        elif not value.is_finite() or abs(value) > bound:
            raise Invalid(
                _("Degrees between -%(bound)s and %(bound)s.") % {"bound": bound}, field=name
            )
    if latitude is None or longitude is None:
        return None, None
    return round(latitude, 6), round(longitude, 6)


def is_reach_within(
    scope: str,
    *,
    store_ids: frozenset[int],
    region_store_ids: frozenset[int],
    owner_ids: frozenset[int],
    held: Grant,
) -> bool:
    """Whether a permission with this scope reaches no row that ``held`` does not reach.

    The ids say whose scope it is: the stores she works in, those of their regions, herself and (for
    the scope team) whoever is below her. What somebody owns counts as within reach of those who
    reach all her stores. Whoever works in no store is within the reach of headquarters alone.
    """
    if held.everything:
        return True
    if scope == "GROUP":
        return False
    if scope == "REGION":
        return bool(region_store_ids) and region_store_ids <= held.store_ids
    if bool(store_ids) and store_ids <= held.store_ids:
        return True
    return scope != "STORE" and bool(owner_ids) and owner_ids <= held.owner_ids


def pinyin_pattern(word: str) -> str:
    """For a sort key such as ``zhang1 wei3`` a pattern that ``zw``, ``zhangw`` and ``wei`` match.

    Empty for what is no pinyin.
    """
    letters = word.lower()
    if not re.fullmatch(r"[a-z]{2,30}", letters):
        return ""
    initials = r"[^ ]* ".join(letters)
    whole = r"[1-5]? ?".join(letters)
    return f"(^| )({initials}|{whole})"


def widest(scopes: Iterable[str]) -> str:
    """The widest of some scopes; empty for none."""
    return max(scopes, key=SCOPES.index, default="")


def is_scope_within(scope: str, held: str) -> bool:
    """Whether a role's scope is at most as wide as one that is held; an empty one is none."""
    return not scope or (bool(held) and SCOPES.index(scope) <= SCOPES.index(held))


ACCOUNT_DIGITS = range(8, 31)
"""How many digits a bank account may have, in China and elsewhere."""


def bank_account(raw: str) -> str:
    """The account's digits without spaces; nothing for nothing. Raises Invalid."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", raw))
    if not digits:
        return ""
    if not digits.isascii() or not digits.isdigit() or len(digits) not in ACCOUNT_DIGITS:
        raise Invalid(_("A bank account has 8 to 30 digits."), field="bank_account")
    return digits


CHAT_APPS = ("wecom", "dingtalk", "feishu")
CHAT_ID = re.compile(r"[A-Za-z0-9_.@-]{1,64}")


def chat_id(app: str, raw: str) -> str:
    """A person's identifier in a chat app; nothing for nothing. Raises Invalid."""
    typed = raw.strip()
    if app not in CHAT_APPS:
        raise Invalid(_("Choose one of the list."), field=app)
    if typed and not CHAT_ID.fullmatch(typed):
        raise Invalid(_("Letters, digits and _ . @ - only, at most 64."), field=app)
    return typed


def masked_account(digits: str) -> str:
    """``•••• 6789``: enough to recognise an account, too little to use it."""
    return f"•••• {digits[-4:]}"


LICENCE = re.compile(r"[A-Z0-9]{6,20}")


def driving_licence(raw: str) -> str:
    """The licence's number in capitals without spaces; nothing for nothing. Raises Invalid.

    Chinese ones have 18 places, those of other countries are as long as they are.
    """
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", raw)).upper()
    if number and not LICENCE.fullmatch(number):
        raise Invalid(
            _("A licence number has 6 to 20 letters and digits."), field="driving_licence"
        )
    return number


def masked_licence(number: str) -> str:
    return f"•••• {number[-4:]}"
