"""Whether two customers are one person: evidence for and against, added up.

The method is that of Fellegi and Sunter (A Theory for Record Linkage, JASA 1969): each comparison
adds the logarithm, to base 2, of how much likelier its outcome is for one person than for two. An
agreement on a rare name therefore says more than one on a frequent name. Two customers never have
the same phone or the same national ID, which the database keeps apart; what is looked for is a slip
in one of them, or a second number of the same person.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

UNDO_DAYS = 30
"""So long a merge can be taken back."""


MERGED_FIELDS = {
    "name": ("name",),
    "gender": ("gender",),
    "birth_date": ("birth_date",),
    "wechat": ("wechat",),
    "email": ("email",),
    "occupation": ("occupation",),
    "family": ("family",),
    "contact_time": ("contact_time",),
    "address": ("division_code", "address"),
    "note": ("note",),
}
"""What may be taken over from a merged customer, with the columns that go together."""


class PairState(TextChoices):
    OPEN = "OPEN", pgettext_lazy("pair of customers", "To be decided")
    DISMISSED = "DISMISSED", pgettext_lazy("pair of customers", "Two people")


THRESHOLD = 12.0
"""From so much evidence on two customers are shown as the same."""
CERTAIN = 24.0
"""So much evidence is shown as a hundred per cent."""
LEAST_NAME_EVIDENCE, MOST_NAME_EVIDENCE = 4.0, 11.0
TITLES = re.compile(r"(先生|女士|小姐|太太|老板|总|经理)$|^(mr|mrs|ms|miss)\.? +", re.IGNORECASE)
TONE = re.compile(r"(?<=[a-zêü])[1-5](?= |$)")
LATIN = re.compile(r"[a-z]+")
_HOUSE = re.compile(r"\d+")


class Evidence(StrEnum):
    """What two customers were compared by, with the outcomes that count."""

    SAME_NAME = "SAME_NAME"
    SAME_SOUND = "SAME_SOUND"
    NAME_TURNED = "NAME_TURNED"
    LIKE_NAME = "LIKE_NAME"
    FAMILY_NAME = "FAMILY_NAME"
    OTHER_NAME = "OTHER_NAME"
    LIKE_PHONE = "LIKE_PHONE"
    SAME_WECHAT = "SAME_WECHAT"
    SAME_EMAIL = "SAME_EMAIL"
    SAME_ADDRESS = "SAME_ADDRESS"
    SAME_CAR = "SAME_CAR"
    SAME_BIRTHDAY = "SAME_BIRTHDAY"
    OTHER_BIRTHDAY = "OTHER_BIRTHDAY"
    OTHER_GENDER = "OTHER_GENDER"
    OTHER_PERSON = "OTHER_PERSON"


LABELS = {
    Evidence.SAME_NAME: _("Same name"),
    Evidence.SAME_SOUND: _("Name sounds the same"),
    Evidence.NAME_TURNED: _("Same name, turned round"),
    Evidence.LIKE_NAME: _("Similar name"),
    Evidence.FAMILY_NAME: _("Same family name"),
    Evidence.OTHER_NAME: _("Different names"),
    Evidence.LIKE_PHONE: _("Phone differs by one slip"),
    Evidence.SAME_WECHAT: _("Same WeChat"),
    Evidence.SAME_EMAIL: _("Same e-mail"),
    Evidence.SAME_ADDRESS: _("Same address"),
    Evidence.SAME_CAR: _("Same number plate or VIN"),
    Evidence.SAME_BIRTHDAY: _("Same birthday"),
    Evidence.OTHER_BIRTHDAY: _("Different birthdays"),
    Evidence.OTHER_GENDER: _("Different gender"),
    Evidence.OTHER_PERSON: _("Different national IDs"),
}
WEIGHTS = {
    Evidence.FAMILY_NAME: 1.5,
    Evidence.LIKE_NAME: 3.0,
    Evidence.OTHER_NAME: -8.0,
    Evidence.LIKE_PHONE: 9.0,
    Evidence.SAME_WECHAT: 12.0,
    Evidence.SAME_EMAIL: 11.0,
    Evidence.SAME_ADDRESS: 8.0,
    Evidence.SAME_CAR: 12.0,
    Evidence.SAME_BIRTHDAY: 8.5,
    Evidence.OTHER_BIRTHDAY: -6.0,
    Evidence.OTHER_GENDER: -5.0,
    Evidence.OTHER_PERSON: -100.0,
}


@dataclass(frozen=True, slots=True)
class Traits:
    """What is compared of a customer.

    ``name_sort`` is the name's pinyin with tones; ``name_count`` and ``total`` say how many of the
    group's customers have this name. ``identity`` is the blind index of the national ID.
    """

    id: int
    is_person: bool
    name: str
    name_sort: str
    name_count: int
    total: int
    phones: tuple[str, ...] = ()
    wechat: str = ""
    email: str = ""
    birth_date: date | None = None
    gender: str = ""
    place: str = ""
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much speaks for one person, and what."""

    weight: float
    evidence: tuple[Evidence, ...]

    @property
    def is_same(self) -> bool:
        return self.weight >= THRESHOLD

    @property
    def percent(self) -> int:
        """From 50, where the threshold lies, to 100."""
        share = (self.weight - THRESHOLD) / (CERTAIN - THRESHOLD)
        return round(50 + 50 * min(max(share, 0.0), 1.0))


def compare(one: Traits, other: Traits, *, share_car: bool = False) -> Verdict:
    """All that speaks for and against the two being one; ``share_car`` says that a number plate or
    a VIN is known of both: a family's car, or one that was sold on, tells by the names."""
    if one.is_person != other.is_person:
        return Verdict(WEIGHTS[Evidence.OTHER_NAME], (Evidence.OTHER_NAME,))
    outcomes = list(_outcomes(one, other))
    if share_car:
        outcomes.append((Evidence.SAME_CAR, WEIGHTS[Evidence.SAME_CAR]))
    return Verdict(sum(weight for _evidence, weight in outcomes), tuple(e for e, _w in outcomes))


def _outcomes(one: Traits, other: Traits) -> Iterable[tuple[Evidence, float]]:
    if one.identity and other.identity:
        yield Evidence.OTHER_PERSON, WEIGHTS[Evidence.OTHER_PERSON]
    if named := _compared_names(one, other):
        yield named
    for evidence, found in (
        (Evidence.LIKE_PHONE, any(_is_slip(a, b) for a in one.phones for b in other.phones)),
        (Evidence.SAME_WECHAT, _same(one.wechat, other.wechat)),
        (Evidence.SAME_EMAIL, _same(one.email, other.email)),
        (Evidence.SAME_ADDRESS, _same(one.place, other.place)),
        (Evidence.SAME_BIRTHDAY, one.birth_date and one.birth_date == other.birth_date),
        (Evidence.OTHER_BIRTHDAY, _differ(one.birth_date, other.birth_date)),
        (Evidence.OTHER_GENDER, _differ(one.gender, other.gender)),
    ):
        if found:
            yield evidence, WEIGHTS[evidence]


def _same(one: str, other: str) -> bool:
    return bool(one) and one.casefold() == other.casefold()


def _differ(one: object, other: object) -> bool:
    return bool(one) and bool(other) and one != other


def _compared_names(one: Traits, other: Traits) -> tuple[Evidence, float] | None:
    """The closest way in which the names agree; None when one has no name."""
    if not one.name or not other.name:
        return None
    rarity = _rarity(one, other)
    names = (plain_name(one.name), plain_name(other.name))
    if names[0] == names[1]:
        return Evidence.SAME_NAME, rarity
    sounds = (sound_of(one.name_sort), sound_of(other.name_sort))
    if sounds[0] == sounds[1]:
        return Evidence.SAME_SOUND, max(rarity - 1.5, LEAST_NAME_EVIDENCE)
    if sorted(sounds[0]) == sorted(sounds[1]):
        return Evidence.NAME_TURNED, max(rarity - 1.5, LEAST_NAME_EVIDENCE)
    titled = any(TITLES.search(customer.name.strip()) for customer in (one, other))
    if titled and sounds[0][:1] == sounds[1][:1]:
        return Evidence.FAMILY_NAME, WEIGHTS[Evidence.FAMILY_NAME]
    if is_one_edit(*names) and len(names[0]) + len(names[1]) > LEAST_LETTERS:
        return Evidence.LIKE_NAME, WEIGHTS[Evidence.LIKE_NAME]
    return Evidence.OTHER_NAME, WEIGHTS[Evidence.OTHER_NAME]


LEAST_LETTERS = 3
"""Two names of one letter each are one edit apart, whatever they are."""


def _rarity(one: Traits, other: Traits) -> float:
    """log2 of one in how many customers has this name, within bounds."""
    having = max(one.name_count, other.name_count, 1)
    weight = math.log2(max(one.total, 2) / having)
    return min(max(weight, LEAST_NAME_EVIDENCE), MOST_NAME_EVIDENCE)


def plain_name(name: str) -> str:
    """The name without spaces, signs, case and form of address."""
    return re.sub(r"[\W_]+", "", TITLES.sub("", name.strip())).casefold()


def sound_of(name_sort: str) -> tuple[str, ...]:
    """Its syllables or words, without tones and form of address."""
    plain = TONE.sub("", name_sort)
    for title in ("xian sheng", "nv shi", "nü shi", "xiao jie"):
        plain = plain.removesuffix(f" {title}")
    return tuple(LATIN.findall(plain)) or (plain,)


def place_of(address: str, division_code: str) -> str:
    """An address as what two spellings of it share: division, and the numbers of house and door.

    Empty for an address without two numbers: a street alone is where thousands live.
    """
    numbers = _HOUSE.findall(address)
    if len(numbers) < LEAST_NUMBERS:
        return ""
    return f"{division_code}:{'-'.join(numbers)}"


LEAST_NUMBERS = 2


def _is_slip(one: str, other: str) -> bool:
    """Whether two phones are one number with a wrong, missing or doubled digit, or two swapped."""
    return one != other and (is_one_edit(one, other) or _is_swap(one, other))


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter put in, left out or replaced leads from one text to the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return (
        one[start + 1 :] == other[start + 1 :]
        or one[start:] == other[start + 1 :]
        or one[start + 1 :] == other[start:]
    )


def _is_swap(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    differing = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return (
        len(differing) == 2
        and differing[1] == differing[0] + 1
        and one[differing[0]] == other[differing[1]]
        and one[differing[1]] == other[differing[0]]
    )
