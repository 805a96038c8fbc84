"""Which column goes to which field: guessed from headers and values, remembered, checked.

A mapping is JSON: `{field: rule}`. A rule has `column` (its index) or `fixed` (a text for every
row), and where they apply `date_order`, `decimal_mark`, `values` (`{text: choice}`, see `MAKE` and
`LEAVE`) and `unmatched` (what to do with texts that `values` does not name).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from forecourt.kernel.errors import Invalid
from forecourt.kernel.imports.declaration import Choice, Field, FieldKind, Importer
from forecourt.kernel.tabular import ColumnProfile, DateOrder, DecimalMark

Rule = dict[str, Any]
Mapped = dict[str, Rule]

MAKE = "+"
"""Instead of a choice: make a new one named by the text."""
LEAVE = "-"
"""Instead of a choice: leave the field blank."""
REJECT = "!"
"""For unmatched texts: reject the row."""

_LANGUAGES = ("en", "zh-hans")
_REMARK = re.compile(r"[(\[（【].*?[)\]）】]")
_SIGNS = re.compile(r"[\W_]+")

# Points of evidence; a column is taken for a field from _ENOUGH on.
_SAME_NAME, _NAME_WITHIN, _LOOKS_LIKE, _LIKELY_KIND, _OTHER_KIND = 100, 60, 55, 20, -40
_ENOUGH = 50
_LOOKING_SHARE = 0.8
_EVIDENT_KINDS = {
    FieldKind.DATE: "date",
    FieldKind.DATETIME: "date",
    FieldKind.NUMBER: "number",
    FieldKind.INTEGER: "number",
    FieldKind.MONEY: "number",
    FieldKind.PHONE: "phone",
    FieldKind.EMAIL: "email",
}
# Kinds whose values are unmistakable enough to find a column without its header.
_TELLING_KINDS = {FieldKind.PHONE, FieldKind.EMAIL}


def signature(importer: Importer, columns: Sequence[str]) -> str:
    """The same for files with the same header, whatever spaces and signs are in it."""
    names = "\n".join([importer.kind, *map(_plain, columns)])
    return hashlib.sha256(names.encode()).hexdigest()


def guess(importer: Importer, profiles: Sequence[ColumnProfile]) -> Mapped:
    """The likeliest column for each field, each column used once; fields without one are left out.

    Strong pairs are taken before weak ones.
    """
    pairs = [
        (score, -position, -index, field, index)
        for position, field in enumerate(importer.fields)
        for index, profile in enumerate(profiles)
        if (score := _score(field, profile)) >= _ENOUGH
    ]
    mapped: Mapped = {}
    used: set[int] = set()
    for *_rank, field, index in sorted(pairs, key=lambda pair: pair[:3], reverse=True):
        if field.name not in mapped and index not in used:
            mapped[field.name] = rule_for(field, index, profiles[index])
            used.add(index)
    return mapped


def rule_for(field: Field, index: int, profile: ColumnProfile) -> Rule:
    """A rule for the column with what its values say of dates and numbers."""
    rule: Rule = {"column": index}
    if field.kind in (FieldKind.DATE, FieldKind.DATETIME) and profile.date_order:
        rule["date_order"] = str(profile.date_order)
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY):
        rule["decimal_mark"] = str(profile.decimal_mark)
    if field.choices is not None:
        rule["unmatched"] = MAKE if field.creatable else REJECT
    return rule


def validated(importer: Importer, mapped: Mapping[str, Any], columns: Sequence[str]) -> Mapped:
    """The mapping with only what is understood. Raises Invalid with `field` for what is wrong."""
    fields = {field.name: field for field in importer.fields}
    result: Mapped = {}
    for name, rule in mapped.items():
        if name in fields and isinstance(rule, Mapping):
            cleaned = _validated_rule(fields[name], rule, len(columns))
            if cleaned is not None:
                result[name] = cleaned
    for field in importer.fields:
        if field.required and field.name not in result:
            raise Invalid(
                _("Choose a column for “%(field)s”.") % {"field": field.label}, field=field.name
            )
    if not result:
        raise Invalid(_("Choose at least one column."))
    return result


def _validated_rule(field: Field, rule: Mapping[str, Any], width: int) -> Rule | None:
    cleaned: Rule = {}
    column, fixed = rule.get("column"), rule.get("fixed")
    if isinstance(column, int) and not isinstance(column, bool):
        if not 0 <= column < width:
            raise Invalid(_("The file has no such column."), field=field.name)
        cleaned["column"] = column
    elif isinstance(fixed, str) and fixed.strip():
        cleaned["fixed"] = fixed.strip()
    else:
        return None
    if rule.get("date_order") in set(DateOrder):
        cleaned["date_order"] = str(rule["date_order"])
    if rule.get("decimal_mark") in set(DecimalMark):
        cleaned["decimal_mark"] = str(rule["decimal_mark"])
    if field.choices is not None:
        cleaned.update(_validated_choices(field, rule))
    return cleaned


def _validated_choices(field: Field, rule: Mapping[str, Any]) -> Rule:
    values = rule.get("values")
    allowed = {MAKE, REJECT, LEAVE} if field.creatable else {REJECT, LEAVE}
    unmatched = rule.get("unmatched")
    return {
        "values": {
            str(text): str(choice)
            for text, choice in (values.items() if isinstance(values, Mapping) else ())
            if choice != MAKE or field.creatable
        },
        "unmatched": unmatched if unmatched in allowed else REJECT,
    }


def choice_key(choice: Choice) -> str:
    """How a choice is named in `values`; never one of the signs."""
    return f"={choice.value}"


def choices_by_name(choices: Iterable[Choice]) -> dict[str, Choice]:
    """Choices by every name that they go by, in either language; `match_choice` looks in it."""
    index: dict[str, Choice] = {}
    for choice in choices:
        for name in (*_names(choice.label, choice.synonyms), _plain(str(choice.value))):
            index.setdefault(name, choice)
    return index


def match_choice(text: str, index: Mapping[str, Choice]) -> Choice | None:
    """The choice that the text names, whatever its case, spaces and signs."""
    return index.get(_plain(text))


def _score(field: Field, profile: ColumnProfile) -> int:
    score = _name_score(field, profile.name)
    if profile.filled == 0:
        return score
    if field.looks_like is not None and profile.samples:
        looking = sum(bool(field.looks_like.fullmatch(cell)) for cell in profile.samples)
        if looking >= _LOOKING_SHARE * len(profile.samples):
            score += _LOOKS_LIKE
    evident = _EVIDENT_KINDS.get(field.kind)
    if evident is None:
        return score
    if profile.likely(evident):
        score += _LIKELY_KIND
        score += _LOOKS_LIKE - _LIKELY_KIND if field.kind in _TELLING_KINDS else 0
    elif not profile.kinds.get(evident) and not (field.kind is FieldKind.PHONE and field.lenient):
        score += _OTHER_KIND
    return score


def _name_score(field: Field, header: str) -> int:
    names = _names(field.label, (*field.synonyms, field.name))
    whole, bare = _plain(header), _plain(_REMARK.sub("", header))
    if whole in names or bare in names:
        return _SAME_NAME
    # Short Latin synonyms stand within too many words: `no` in `notes`.
    within = any(name in bare for name in names if len(name) >= (2 if not name.isascii() else 4))
    return _NAME_WITHIN if within else 0


def _names(label: object, synonyms: Iterable[str]) -> set[str]:
    names = set(map(_plain, synonyms))
    for language in _LANGUAGES:
        with override(language):
            names.add(_plain(str(label)))
    return names - {""}


def _plain(text: str) -> str:
    """Letters and digits only: `Dealer_No ` and `dealer no.` are the same."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())
