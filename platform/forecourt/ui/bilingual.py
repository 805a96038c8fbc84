"""What the kernel keeps with a name in both languages: values of option lists, custom fields."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.bilingual import BilingualSource, register
from forecourt.kernel.custom_fields.queries import list_fields
from forecourt.kernel.option_lists import actions, option_list


def _list_label(row: Any) -> str:
    return str(option_list(row.list_code).label)


register(
    BilingualSource(
        name="kernel.optionvalue",
        label=_("Option lists"),
        permission=actions.MANAGE,
        rows=actions.all_values,
        url=lambda row: reverse("settings:option_list_detail", args=[row.list_code]),
        group_of=_list_label,
        order=5,
    ),
    BilingualSource(
        name="kernel.customfield",
        label=_("Custom fields"),
        permission="custom_fields.manage_field",
        rows=list_fields,
        zh="label_zh",
        en="label_en",
        url=lambda row: reverse("custom_fields:edit", args=[row.pk]),
        group_of=lambda row: row.code,
        order=6,
    ),
)
