"""What the kernel keeps with a name in both languages: values of option lists."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.bilingual import BilingualSource, register
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
    )
)
