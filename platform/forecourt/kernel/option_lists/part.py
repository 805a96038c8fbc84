"""The group's option lists in the configuration file."""

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.configuration import (
    Flag,
    ListOf,
    MapOf,
    Part,
    Record,
    Report,
    Text,
    at,
    register,
)
from forecourt.kernel.models.options import CODE, OptionValue
from forecourt.kernel.option_lists import actions
from forecourt.kernel.option_lists.declaration import all_lists

NAME = Text(actions.LONGEST_NAME, blank=True)


class OptionLists(Part):
    """Each list with its values in their order.

    Lists and built-in values that the file does not name stay as they are: a file of an earlier
    release does not know them all.
    """

    name = "option_lists"
    label = _("Option lists")
    shape = MapOf(
        ListOf(
            Record(
                {
                    "code": Text(30, pattern=CODE, hint=actions.CODE_HINT),
                    "name_zh": NAME,
                    "name_en": NAME,
                    "is_active": Flag(),
                },
                {"name_zh": "", "name_en": "", "is_active": True},
            ),
            most=actions.MOST_VALUES,
        ),
        Text(60),
    )

    def export(self) -> Any:
        lists: dict[str, Any] = {declared.code: [] for declared in all_lists()}
        for row in OptionValue.objects.order_by("sequence", "id"):
            if row.list_code in lists:
                lists[row.list_code].append(_exported(row))
        return lists

    def read(self, raw: Any, report: Report) -> Any:
        data = super().read(raw, report)
        present = report.present[self.name]
        complete = {**present, **data}
        for declared in all_lists():
            named = {value.get("code") for value in complete[declared.code]}
            complete[declared.code] = complete[declared.code] + [
                value
                for value in present[declared.code]
                if value["code"] not in named and declared.built_in(value["code"])
            ]
        return complete

    def check(self, data: Any, report: Report) -> None:
        declared = {one.code for one in all_lists()}
        for list_code, values in data.items():
            if list_code not in declared:
                report.problem(
                    (self.name, list_code),
                    _t("There is no option list “%(name)s”.") % {"name": list_code},
                )
            seen: set[str] = set()
            for position, value in enumerate(values, start=1):
                place = (self.name, list_code, str(position))
                if not value["name_zh"].strip() and not value["name_en"].strip():
                    report.problem(place, _t("Please enter a name."))
                if value["code"] in seen:
                    report.problem(
                        place, _t("“%(name)s” stands here twice.") % {"name": value["code"]}
                    )
                seen.add(value["code"])

    def apply(self, data: Any, actor: Actor) -> None:
        for list_code, wanted in data.items():
            rows = OptionValue.objects.filter(list_code=list_code)
            present = dict(rows.values_list("code", "pk"))
            for position, value in enumerate(wanted, start=1):
                with at(list_code, str(position)):
                    _save(list_code, value, present.get(value["code"]), actor)
            actions.order_values(
                list_code=list_code, codes=[value["code"] for value in wanted], actor=actor
            )

    def prune(self, data: Any, actor: Actor) -> None:
        for list_code, wanted in data.items():
            codes = [value["code"] for value in wanted]
            rows = OptionValue.objects.filter(list_code=list_code).exclude(code__in=codes)
            for row in rows.order_by("id"):
                with at(list_code, row.code):
                    actions.remove_value(list_code=list_code, value_id=row.pk, actor=actor)


def _exported(row: OptionValue) -> dict[str, Any]:
    return {
        "code": row.code,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "is_active": row.is_active,
    }


def _save(list_code: str, value: dict[str, Any], value_id: int | None, actor: Actor) -> None:
    names = {"name_zh": value["name_zh"], "name_en": value["name_en"]}
    if value_id is None:
        value_id = actions.add_value(
            list_code=list_code, code=value["code"], actor=actor, **names
        ).pk
    actions.change_value(
        list_code=list_code,
        value_id=value_id,
        is_active=value["is_active"],
        actor=actor,
        **names,
    )


register(OptionLists())
