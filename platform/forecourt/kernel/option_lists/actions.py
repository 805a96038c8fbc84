"""What a group changes of its option lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel import audit, text
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.models.audit import AuditEntry
from forecourt.kernel.models.options import CODE, OptionValue
from forecourt.kernel.option_lists.declaration import (
    OptionList,
    all_lists,
    counted_elsewhere,
    option_list,
)
from forecourt.kernel.option_lists.values import REMEMBERED, values

MANAGE = "platform.manage_option_list"
STEP = 10
MOST_VALUES = 500
LONGEST_NAME = 60
LONGEST_CODE = 30
CODE_HINT = gettext_lazy("Capital letters, digits and _, at most 30.")


def all_values(actor: Actor) -> QuerySet[OptionValue]:
    """The rows of all lists that are declared."""
    rows: QuerySet[OptionValue] = OptionValue.objects.visible_to(actor)
    codes = [declared.code for declared in all_lists()]
    return rows.filter(list_code__in=codes).order_by("list_code", "sequence", "id")


def list_values(list_code: str, actor: Actor) -> QuerySet[OptionValue]:
    """The rows of one list in the group's order. Raises NotFound."""
    option_list(list_code)
    rows: QuerySet[OptionValue] = OptionValue.objects.visible_to(actor)
    return rows.filter(list_code=list_code).order_by("sequence", "id")


def get_value(*, list_code: str, value_id: int, actor: Actor) -> OptionValue:
    """Raises NotFound."""
    value = list_values(list_code, actor).filter(pk=value_id).first()
    if value is None:
        raise NotFound(_("No such record."))
    return value


def usage(declared: OptionList) -> dict[str, int]:
    """How many rows hold each code (or, for proposals, each name)."""
    counts: dict[str, int] = {}
    for column in declared.used_by:
        model_label, _dot, name = column.rpartition(".")
        rows = apps.get_model(model_label)._default_manager.order_by()
        for held, count in rows.values_list(name).annotate(Count("pk")):
            for code in held.split(declared.between) if declared.between else [held]:
                counts[code] = counts.get(code, 0) + count
    names = {value.code: value.name_zh or value.name_en for value in values(declared.code).values()}
    for code, count in counted_elsewhere(declared.code).items():
        key = names.get(code, code) if declared.holds_names else code
        counts[key] = counts.get(key, 0) + count
    return counts


def usage_of(declared: OptionList, value: OptionValue) -> int:
    """How many rows hold one value."""
    if declared.holds_names:
        counts = usage(declared)
        return sum(counts.get(name, 0) for name in {value.name_zh, value.name_en} - {""})
    count = 0
    for column in declared.used_by:
        model_label, _dot, name = column.rpartition(".")
        rows = apps.get_model(model_label)._default_manager
        count += rows.filter(**{name: value.code}).count()
    return count + counted_elsewhere(declared.code).get(value.code, 0)


@transaction.atomic
def add_value(
    *, list_code: str, actor: Actor, name_zh: str = "", name_en: str = "", code: str = ""
) -> OptionValue:
    """A value of the group's own, at the end of the list. Without a code it gets one of its name.

    Raises NotFound, NotPermitted, Invalid, or Conflict where another value has code or name.
    """
    _require(actor)
    declared = option_list(list_code)
    if not declared.may_add:
        raise NotPermitted(_("This list has fixed values."))
    names = _checked_names(list_code, name_zh, name_en)
    rows = OptionValue.objects.filter(list_code=list_code)
    if rows.count() >= MOST_VALUES:
        raise Conflict(_("A list holds at most %(count)s values.") % {"count": MOST_VALUES})
    wanted = code.strip().upper()
    if wanted and not re.fullmatch(CODE, wanted):
        raise Invalid(CODE_HINT, field="code")
    taken = set(rows.values_list("code", flat=True))
    value = OptionValue(
        list_code=list_code,
        code=wanted or _free_code(names["name_en"] or names["name_zh"], taken),
        sequence=(rows.aggregate(last=Max("sequence"))["last"] or 0) + STEP,
        **names,
    )
    try:
        with transaction.atomic():
            value.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Another value has this code."), field="code") from error
    audit.record(actor, "created", value, {"list": list_code, "code": value.code, **names})
    REMEMBERED.forget()
    return value


@transaction.atomic
def change_value(
    *,
    list_code: str,
    value_id: int,
    actor: Actor,
    name_zh: str | None = None,
    name_en: str | None = None,
    is_active: bool | None = None,
) -> OptionValue:
    """Rename a value, retire it or take it into use again; what is None stays.

    Raises NotFound, NotPermitted, Invalid, or Conflict for a name that is taken and for a value
    that the product needs.
    """
    value = _lock(list_code, value_id, actor)
    wanted: dict[str, Any] = _checked_names(
        list_code,
        value.name_zh if name_zh is None else name_zh,
        value.name_en if name_en is None else name_en,
        but=value.pk,
    )
    if is_active is not None:
        wanted["is_active"] = is_active
        _require_not_fixed(option_list(list_code), value, is_active)
    changes = audit.changes_between({name: getattr(value, name) for name in wanted}, wanted)
    if not changes:
        return value
    for name, new in wanted.items():
        setattr(value, name, new)
    value.save(update_fields=list(wanted))
    audit.record(actor, "changed", value, {"list": list_code, **changes})
    REMEMBERED.forget()
    return value


def history_of(*, list_code: str, actor: Actor) -> QuerySet[AuditEntry]:
    """What was done with the values of a list, the newest first. Raises NotFound, NotPermitted."""
    _require(actor)
    option_list(list_code)
    return AuditEntry.objects.filter(
        subject_kind=OptionValue._meta.label_lower, changes__list=list_code
    ).order_by("-id")


@transaction.atomic
def order_values(*, list_code: str, codes: Sequence[str], actor: Actor) -> None:
    """Put the list into this order; values not named come after. Raises NotFound, NotPermitted."""
    _require(actor)
    option_list(list_code)
    rows = OptionValue.objects.filter(list_code=list_code).select_for_update()
    present = {value.code: value for value in rows.order_by("sequence", "id")}
    named = [code for code in dict.fromkeys(codes) if code in present]
    order = [*named, *(code for code in present if code not in named)]
    if order == list(present):
        return
    for place, code in enumerate(order, start=1):
        present[code].sequence = place * STEP
    OptionValue.objects.bulk_update(present.values(), ["sequence"])
    audit.record(
        actor,
        "ordered",
        present[order[0]],
        {"list": list_code, "order": [list(present), order]},
        label=str(option_list(list_code).label),
    )
    REMEMBERED.forget()


@transaction.atomic
def move_value(*, list_code: str, value_id: int, up: bool, actor: Actor) -> OptionValue:
    """Change places with the value above or below. Raises NotFound, NotPermitted."""
    value = _lock(list_code, value_id, actor)
    rows = OptionValue.objects.filter(list_code=list_code).order_by("sequence", "id")
    codes = list(rows.values_list("code", flat=True))
    place = codes.index(value.code)
    other = place + (-1 if up else 1)
    if 0 <= other < len(codes):
        codes[place], codes[other] = codes[other], codes[place]
        order_values(list_code=list_code, codes=codes, actor=actor)
    return value


@transaction.atomic
def remove_value(*, list_code: str, value_id: int, actor: Actor) -> None:
    """Take away a value of the group's own that nothing holds (a slip of the pen).

    Raises NotFound, NotPermitted, or Conflict: retire it instead.
    """
    value = _lock(list_code, value_id, actor)
    if value.is_built_in:
        raise Conflict(_("Built-in values stay; retire the value instead."))
    count = usage_of(option_list(list_code), value)
    if count:
        raise Conflict(
            _("%(count)s records have this value; retire it instead.") % {"count": count}
        )
    audit.record(actor, "deleted", value, {"list": list_code, "code": value.code})
    value.delete()
    REMEMBERED.forget()


def _require(actor: Actor) -> None:
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        raise NotPermitted(_("Option lists are headquarters' to change."))


def _lock(list_code: str, value_id: int, actor: Actor) -> OptionValue:
    _require(actor)
    option_list(list_code)
    value = OptionValue.objects.select_for_update().filter(list_code=list_code, pk=value_id).first()
    if value is None:
        raise NotFound(_("No such record."))
    found: OptionValue = value
    return found


def _require_not_fixed(declared: OptionList, value: OptionValue, is_active: bool) -> None:
    built_in = declared.built_in(value.code)
    if not is_active and built_in is not None and built_in.fixed:
        raise Conflict(_("The product itself needs this value; it can only be renamed."))


def _checked_names(
    list_code: str, name_zh: str, name_en: str, *, but: int | None = None
) -> dict[str, str]:
    """Both names without needless spaces: one is enough, and no other value is called so."""
    names = {"name_zh": " ".join(name_zh.split()), "name_en": " ".join(name_en.split())}
    if not any(names.values()):
        raise Invalid(_("Please enter a name."), field="name_zh")
    others = OptionValue.objects.filter(list_code=list_code)
    if but is not None:
        others = others.exclude(pk=but)
    for field, name in names.items():
        if len(name) > LONGEST_NAME:
            raise Invalid(_("At most %(count)s characters.") % {"count": LONGEST_NAME}, field=field)
        if name and others.filter(**{f"{field}__iexact": name}).exists():
            raise Conflict(_("Another value has this name."), field=field)
    return names


def _free_code(name: str, taken: set[str]) -> str:
    """A code made of the name, in Latin letters, that no other value has."""
    latin = text.pinyin_sort_key(name, person=False)
    words = re.findall(r"[A-Z0-9]+", re.sub(r"([a-z]+)[1-5]\b", r"\1", latin).upper())
    stem = "_".join(words)[:LONGEST_CODE].strip("_") or "VALUE"
    code, count = stem, 1
    while code in taken:
        count += 1
        code = f"{stem[: LONGEST_CODE - len(str(count)) - 1]}_{count}"
    return code
