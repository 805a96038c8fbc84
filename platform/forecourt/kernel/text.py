"""Names, phone numbers and fragments of them: one form to store, one form to search.

Fragment search needs no PostgreSQL extension. Each searchable row keeps a `text[]` of grams made by
`ngrams` under a GIN index; a query is answered by `grams @> query_grams(query)` and, for queries
longer than one gram, rechecked with `matches`. Which grams are kept:

* two characters, where at least one of them is not ASCII. Han characters are selective enough in
  pairs (张伟 is one gram), and people search names by two characters;
* three characters, where all are ASCII. Pairs of digits would each stand in a tenth of all rows;
  a triple of a phone number stands in one of a hundred, so the last four digits (two triples) meet
  a handful of rows;
* the first two characters of an ASCII word, so that two letters find pinyin initials (`zw` finds
  张伟) and beginnings of words. Numbers are left out: `13` begins most mobile phones.

A two-character name with its pinyin and a mobile number is about 20 short grams, some 200 bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

import phonenumbers
from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_HAN_GAP = re.compile(rf"(?<={_HAN.pattern}) (?={_HAN.pattern})")
_CHINA_PREFIX = re.compile(r"(?:\+|\b00)86[ -]?(?=\d)")
_TONED = re.compile(r"[a-zêü]+[1-5]")
# Mobile numbers as nearly all Chinese files have them; anything else goes through phonenumbers,
# which takes ten times as long and says the same of these.
_CHINA_MOBILE = re.compile(r"1(?:[38][0-9]|[59][0-35-9]|7[0-35-8])[0-9]{8}")
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|x|#|-)\s*\d{1,6}$", re.IGNORECASE)

# Longer names are companies and sentences: their initials are kept once, not for every beginning,
# and their full pinyin would swell the row for nothing that anybody types.
_PERSONAL_NAME_LENGTH = 4

# Family names that read differently from the word. 单于 stands here only to be found before 单.
_FAMILY_NAMES = {
    "单于": ("chan2", "yu2"),
    "乐": ("yue4",),
    "仇": ("qiu2",),
    "任": ("ren2",),
    "区": ("ou1",),
    "卜": ("bu3",),
    "单": ("shan4",),
    "召": ("shao4",),
    "员": ("yun4",),
    "曾": ("zeng1",),
    "朴": ("piao2",),
    "查": ("zha1",),
    "牟": ("mou4",),
    "盖": ("ge3",),
    "缪": ("miao4",),
    "翟": ("zhai2",),
    "葛": ("ge3",),
    "薄": ("bo2",),
    "覃": ("qin2",),
    "解": ("xie4",),
    "那": ("na1",),
    "隗": ("wei3",),
}


def normalise(text: str) -> str:
    """One spelling per meaning: NFKC (full-width folded), case folded, runs of space squeezed."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def ngrams(*texts: str) -> list[str]:
    """The grams to store for one row: of names, pinyin keys, phones, numbers; sorted, each once.

    A phone in E.164 form is indexed by its national digits when it is Chinese.
    """
    return sorted({gram for text in texts if text for gram in _grams(text)})


def query_grams(query: str) -> list[str]:
    """The grams that a row must all have to match `query`; empty when the query is too short.

    For every text t and every part q of one of its words, query_grams(q) is within ngrams(t),
    unless q is two ASCII characters from the middle of a word, or two digits of a number.
    """
    grams: set[str] = set()
    for word in words_of(query):
        if len(word) == 2:
            grams.add(word)
        else:
            grams.update(_inner_grams(word))
    return sorted(grams)


def matches(query: str, *texts: str) -> bool:
    """Whether each word of the query stands in one of the texts: the recheck after the grams."""
    haystack = [word for text in texts if text for word in words_of(text)]
    needles = words_of(query)
    return bool(needles) and all(any(needle in word for word in haystack) for needle in needles)


def words_of(text: str) -> list[str]:
    """A text's words as they are indexed: folded, without signs, Chinese phones without +86."""
    folded = _CHINA_PREFIX.sub("", normalise(text))
    return _WORD.findall(_HAN_GAP.sub("", folded))


def _grams(text: str) -> Iterator[str]:
    for word in words_of(text):
        yield from _inner_grams(word)
        if len(word) >= 2 and word[:2].isascii() and not word.isdigit():
            yield word[:2]


def _inner_grams(word: str) -> Iterable[str]:
    if word.isascii():
        return [word[start : start + 3] for start in range(len(word) - 2)]
    return _mixed_grams(word)


def _mixed_grams(word: str) -> Iterator[str]:
    for start in range(len(word) - 1):
        pair = word[start : start + 2]
        if not pair.isascii():
            yield pair
            continue
        triple = word[start : start + 3]
        if len(triple) == 3 and triple.isascii():
            yield triple


# -- pinyin -----------------------------------------------------------------------------------


@cache
def readings() -> Any:
    """The library that knows how words are read, loaded by who reads one.

    Its dictionary takes a third of a second and some 30 MB. A server calls this before it forks, so
    that its workers share them.
    """
    import pypinyin.core  # noqa: PLC0415 - only who uses it pays

    return pypinyin


@cache
def _words() -> Any:
    return readings().core.Pinyin()


@lru_cache(maxsize=4096)
def _syllables(name: str, person: bool) -> tuple[str, ...]:
    """Syllables with tone digits, other characters as they are; family names read as such."""
    folded = normalise(name)
    if person and _may_be_a_person(folded):
        for length in (2, 1):
            reading = _FAMILY_NAMES.get(folded[:length])
            if reading and len(folded) > length:
                return (*reading, *_read(folded[length:]))
    return _read(folded)


def _read(text: str) -> tuple[str, ...]:
    """Word by word, since names differ in their words' order and hardly in their words."""
    return tuple(syllable for word in _words().seg(text) for syllable in _read_word(word))


@lru_cache(maxsize=16_384)
def _read_word(word: str) -> tuple[str, ...]:
    style = readings().Style.TONE3
    return tuple(readings().lazy_pinyin([word], style=style, neutral_tone_with_five=True))


def _may_be_a_person(text: str) -> bool:
    """Two to four Han characters that are no ordinary word (解放 is a brand, 解晓东 a person)."""
    return (
        2 <= len(text) <= _PERSONAL_NAME_LENGTH
        and all(map(_HAN.match, text))
        and text not in readings().constants.PHRASES_DICT
    )


def _plain_words(syllables: Iterable[str]) -> list[str]:
    """The syllables without tones, and Latin words and numbers split at signs."""
    words: list[str] = []
    for syllable in syllables:
        plain = syllable[:-1] if _TONED.fullmatch(syllable) else syllable
        words.extend(_WORD.findall(plain))
    return words


def pinyin_sort_key(name: str, *, person: bool = True) -> str:
    """The text by which a name sorts among Chinese and Latin names: `zhang1 wei3` for 张伟.

    `person=False` for names of brands, stores and places, where 乐道 is no Mr Yue.
    """
    return " ".join(part for part in map(str.strip, _syllables(name, person)) if part)


def pinyin_initials(name: str, *, person: bool = True) -> str:
    """First letters: `zw` for 张伟. Latin words and numbers give their first character."""
    return "".join(word[0] for word in _plain_words(_syllables(name, person)))


def pinyin_keys(name: str) -> list[str]:
    """What to index beside a Chinese name: initials (from each character on) and full pinyin.

    Both the family-name reading and the ordinary one, since people type either: 曾 gives zeng and
    ceng. Empty for a name without Han characters.
    """
    if not _HAN.search(name):
        return []
    keys: set[str] = set()
    for person in (True, False):
        words = _plain_words(_syllables(name, person))
        initials = "".join(word[0] for word in words)
        if len(words) > _PERSONAL_NAME_LENGTH:
            keys.add(initials)
        else:
            keys.update(initials[start:] for start in range(max(len(initials) - 1, 1)))
            keys.add("".join(words))
    return sorted(keys)


# -- phones -----------------------------------------------------------------------------------


def normalise_phone(raw: str, region: str = "CN") -> str:
    """The number in E.164 form (`+8613800138000`); an extension is dropped.

    Accepts full-width digits, spaces, dashes, brackets, +86, 0086, landlines with area code, and a
    spreadsheet's `13800138000.0`. Raises Invalid when it is no number of that region or its own
    country code.
    """
    number = phone_or_none(raw, region)
    if number is None:
        raise Invalid(_("“%(phone)s” is not a complete phone number.") % {"phone": raw.strip()})
    return number


def phone_or_none(raw: str | None, region: str = "CN") -> str | None:
    """Like `normalise_phone`, but None for what is no complete number (a local one, a word)."""
    if not raw:
        return None
    if region == "CN" and _CHINA_MOBILE.fullmatch(raw):
        return f"+86{raw}"
    number = _parse_phone(raw, region)
    if number is None:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def local_digits(raw: str | None) -> str | None:
    """The digits of a number that lacks its area code: worth keeping, never an identity.

    None for fewer than 5 or more than 15 digits, and for text with letters.
    """
    folded = unicodedata.normalize("NFKC", raw or "").strip()
    if any(map(str.isalpha, folded)):
        return None
    digits = re.sub(r"\D", "", folded.removesuffix(".0"))
    return digits if 5 <= len(digits) <= 15 else None


def last4(phone: str) -> str:
    """The last four digits, the part that is spoken and shown when the rest is masked."""
    return re.sub(r"\D", "", phone)[-4:]


def _parse_phone(raw: str, region: str) -> phonenumbers.PhoneNumber | None:
    folded = unicodedata.normalize("NFKC", raw).strip().removesuffix(".0")
    for candidate in _phone_candidates(folded):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number
    return None


def _phone_candidates(text: str) -> Iterable[str]:
    yield text
    without_extension = _EXTENSION.sub("", text)
    if without_extension != text:
        yield without_extension
    digits = re.sub(r"\D", "", text)
    if digits.startswith("86") and len(digits) == 13:
        yield f"+{digits}"


LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ -]?[0-9]){14,29}[Xx]?(?![0-9A-Za-z])")
"""What may be an identity number or a bank account: 15 digits and more, perhaps in groups."""


def hide_long_numbers(raw: str) -> str:
    """The text with the middle of every such number blanked, for what is kept of others' files."""
    return LONG_NUMBER.sub(lambda found: f"{found[0][:3]}***{found[0][-4:]}", raw)
