"""How what another system pushes is read: paths into its payload, and what its words mean.

A mapping says for each field of a lead where it stands (``path``), what the system's words are here
(``values``), and what is taken where nothing stands (``otherwise``). Several places may be named,
parted by ``|``: the first that holds something counts. A text that is itself JSON is gone into, as
many systems send ``data={"…"}`` in a form.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.crm.rules.customers import Gender
from forecourt.kernel import regions
from forecourt.kernel.errors import Invalid

LARGEST_PAYLOAD = 64 * 1024
"""Bytes; an enquiry is a page of text at most."""
JSON_TYPE, FORM_TYPE = "application/json", "application/x-www-form-urlencoded"
CONTENT_TYPES = (JSON_TYPE, FORM_TYPE)
LONGEST_PATH, LONGEST_WORD, MOST_WORDS = 200, 200, 500
DEEPEST = 12
TOO_FAST = timedelta(minutes=10)
"""So far a system's clock may be ahead of ours."""
CUSTOM = "custom."

PATH = re.compile(r"[^\s.|\[\]]+(?:\[\d{1,4}\])*(?:\.[^\s.|\[\]]+(?:\[\d{1,4}\])*)*")
STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
PHONE_LIKE = re.compile(r"(?<!\d)(\+?\d{3})[\d -]{3,}(\d{4})(?!\d)")
GENDER_WORDS = {
    **dict.fromkeys(("男", "先生", "m", "male"), Gender.MALE),
    **dict.fromkeys(("女", "女士", "小姐", "f", "female"), Gender.FEMALE),
}


class MessageState(TextChoices):
    RECEIVED = "RECEIVED", _("Being taken in")
    TAKEN = "TAKEN", _("Taken in")
    STUCK = "STUCK", _("To be mended")
    DISMISSED = "DISMISSED", pgettext_lazy("message", "Dismissed")


TARGETS: dict[str, Any] = {
    "phone": _("Phone"),
    "name": _("Customer's name"),
    "gender": _("Gender"),
    "external_id": _("Reference of the channel"),
    "store": _("Store (its code)"),
    "brand": _("Brand"),
    "series": _("Series"),
    "division": _("Region (code or name)"),
    "message": _("Message"),
    "received_at": _("Time of the enquiry"),
    "campaign_code": _("Campaign"),
}
"""The fields of a lead that a feed may fill, in the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    """One field as read from a payload: what stood there, and what it means here."""

    target: str
    path: str
    raw: str
    value: str


class Unreadable(Invalid):
    """The payload is neither JSON nor a form."""

    code = "payload_unreadable"


def parse_payload(text: str, content_type: str) -> dict[str, Any]:
    """The payload as names and values. Raises Unreadable."""
    if content_type == FORM_TYPE:
        pairs = parse_qsl(text, keep_blank_values=True)
        if not pairs:
            raise Unreadable(_t("This is no form: there is no name with a value."), field="payload")
        return dict(pairs)
    try:
        data = json.loads(text)
        json.dumps(data, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Unreadable(_t("This is not valid JSON."), field="payload") from error
    if not isinstance(data, dict):
        raise Unreadable(_t("The JSON must be an object with names."), field="payload")
    return data


def checked_mapping(raw: Mapping[str, Any], *, custom: Collection[str]) -> dict[str, Any]:
    """The mapping in the form in which it is kept; ``custom`` names the custom fields there are.

    Raises Invalid, with the target as its field.
    """
    mapping: dict[str, Any] = {}
    for target, rule in raw.items():
        if target not in TARGETS and target.removeprefix(CUSTOM) not in custom:
            raise Invalid(
                _t("There is no field “%(name)s” of a lead.") % {"name": target}, field="mapping"
            )
        path = " | ".join(_checked_places(str(rule.get("path", "")), target))
        otherwise = _checked_word(str(rule.get("otherwise", "")), target)
        values = {
            _checked_word(str(theirs), target): _checked_word(str(ours), target)
            for theirs, ours in dict(rule.get("values") or {}).items()
        }
        if len(values) > MOST_WORDS:
            raise Invalid(_t("At most %(count)s words.") % {"count": MOST_WORDS}, field=target)
        if path or otherwise:
            mapping[target] = {"path": path, "values": values, "otherwise": otherwise}
    if "phone" not in mapping:
        raise Invalid(
            _t("Say where the phone number stands: without it there is no lead."), field="phone"
        )
    return mapping


def read_payload(payload: Mapping[str, Any], mapping: Mapping[str, Any]) -> Iterator[Found]:
    """Every mapped field as it stands in the payload, with our word for it."""
    for target in [*TARGETS, *(name for name in mapping if name.startswith(CUSTOM))]:
        rule = mapping.get(target)
        if rule is None:
            continue
        raw = _first(payload, rule["path"])
        word = rule["values"].get(raw, raw) if raw else rule["otherwise"]
        yield Found(target, rule["path"], raw, word)


def message_key(body: bytes, *, external_id: str, day: str) -> str:
    """What makes two messages the same one: their bytes and, without a reference of the channel,
    the day, since somebody may well fill in the same form again another time."""
    return hashlib.sha256(body + (b"" if external_id else day.encode())).hexdigest()


def reference_of(external_id: str, key: str) -> str:
    """The reference under which the lead is known: the channel's, or that of the very message."""
    return external_id or f"~{key[:32]}"


def read_gender(word: str) -> str:
    """Raises Invalid for the field ``gender``."""
    gender = word.upper() if word.upper() in Gender.values else GENDER_WORDS.get(word.casefold())
    if word and gender is None:
        raise Invalid(_t("“%(word)s” is no gender.") % {"word": word[:60]}, field="gender")
    return str(gender or "")


def read_division(word: str) -> str:
    """A code of six digits from a code or a name. Raises Invalid for the field ``division``."""
    if not word:
        return ""
    division = regions.get(word) if word.isdigit() else regions.find(word)
    if division is None:
        raise Invalid(
            _t("“%(word)s” is no administrative division, or means several.") % {"word": word[:60]},
            field="division",
        )
    return division.code


def read_moment(word: str, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """From ISO 8601, “2026-05-04 10:11:12” by the group's clock, or seconds or milliseconds.

    A little ahead of us counts as now. Raises Invalid for the field ``received_at``.
    """
    if not word:
        return None
    moment = _from_number(word) if word.isdigit() else _from_text(word)
    if moment is None:
        raise Invalid(
            _t("“%(word)s” is no time, such as 2026-05-04 10:11:12.") % {"word": word[:60]},
            field="received_at",
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return now if now < moment <= now + TOO_FAST else moment


def masked_payload(payload: Any) -> str:
    """The payload with the middle of every longer number hidden."""
    text = payload.reveal() if hasattr(payload, "reveal") else str(payload)
    return PHONE_LIKE.sub(r"\1****\2", text)


def _first(payload: Mapping[str, Any], places: str) -> str:
    for place in filter(None, (part.strip() for part in places.split("|"))):
        word = _word(_at(payload, place))
        if word:
            return word
    return ""


def _at(value: Any, place: str) -> Any:
    for step in STEP.findall(place):
        value = _opened(value)
        if step.startswith("["):
            index = int(step[1:-1])
            value = value[index] if isinstance(value, list) and index < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _opened(value: Any) -> Any:
    """A text that is JSON itself, as what it says."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _word(value: Any) -> str:
    """Texts and numbers as text; lists of such joined; what holds more is no word."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value).replace("\x00", "").strip()
    if isinstance(value, list):
        return ", ".join(filter(None, (_word(one) for one in value if not isinstance(one, dict))))
    return ""


def _checked_places(places: str, target: str) -> list[str]:
    if len(places) > LONGEST_PATH:
        raise Invalid(_t("At most %(length)s characters.") % {"length": LONGEST_PATH}, field=target)
    found = [part.strip() for part in places.split("|") if part.strip()]
    for place in found:
        if not PATH.fullmatch(place) or place.count(".") >= DEEPEST:
            raise Invalid(
                _t("“%(place)s” is no place in a payload; write it as data.customer.mobile.")
                % {"place": place},
                field=target,
            )
    return found


def _checked_word(word: str, target: str) -> str:
    if len(word) > LONGEST_WORD:
        raise Invalid(_t("At most %(length)s characters.") % {"length": LONGEST_WORD}, field=target)
    return word.strip()


def _from_number(word: str) -> datetime | None:
    seconds = int(word) / 1000 if len(word) >= 12 else int(word)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(word: str) -> datetime | None:
    try:
        return parse_datetime(word.replace("/", "-"))
    except ValueError:
        return None
