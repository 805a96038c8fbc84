"""What a group decides for itself, declared once and read in one place.

A module declares in its ``group_settings.py``::

    declare(
        Setting(
            "crm.response_minutes",
            label=_("First answer within"),
            help=_("Minutes of business hours until somebody must have answered a lead."),
            kind=WholeNumber(1, 1440, unit=_("minutes")),
            default=30,
            levels=(Level.BRAND, Level.STORE),
            permission="crm.manage_assignment",
        )
    )

and reads ``value_of("crm.response_minutes", store_id=store.pk, brand="BYD")``. The page, the API,
the history and the audit log follow from the declaration.
"""

from forecourt.kernel.group_settings.actions import (
    change_setting,
    lock_setting,
    preview_setting,
    reset_setting,
    take_over,
)
from forecourt.kernel.group_settings.declaration import (
    Level,
    Preview,
    Rule,
    Setting,
    Subject,
    all_settings,
    declare,
    declare_title,
    get_setting,
    module_title,
    subjects_for,
    subjects_of,
)
from forecourt.kernel.group_settings.events import SettingChanged
from forecourt.kernel.group_settings.file import SettingsPart
from forecourt.kernel.group_settings.kinds import (
    Amount,
    Choice,
    Choices,
    Days,
    DecimalNumber,
    Kind,
    NumberPerOption,
    Numbers,
    Text,
    TimeOfDay,
    WholeNumber,
    YesNo,
)
from forecourt.kernel.group_settings.queries import (
    Difference,
    SettingState,
    Viewpoint,
    differences_of,
    history_of,
    list_settings,
    state_of,
    viewpoint_of,
    viewpoints_of,
)
from forecourt.kernel.group_settings.resolution import (
    Source,
    Values,
    current_values,
    forget,
    value_of,
)

__all__ = [
    "Amount",
    "Choice",
    "Choices",
    "Days",
    "DecimalNumber",
    "Difference",
    "Kind",
    "Level",
    "NumberPerOption",
    "Numbers",
    "Preview",
    "Rule",
    "Setting",
    "SettingChanged",
    "SettingState",
    "SettingsPart",
    "Source",
    "Subject",
    "Text",
    "TimeOfDay",
    "Values",
    "Viewpoint",
    "WholeNumber",
    "YesNo",
    "all_settings",
    "change_setting",
    "current_values",
    "declare",
    "declare_title",
    "differences_of",
    "forget",
    "get_setting",
    "history_of",
    "list_settings",
    "lock_setting",
    "module_title",
    "preview_setting",
    "reset_setting",
    "state_of",
    "subjects_for",
    "subjects_of",
    "take_over",
    "value_of",
    "viewpoint_of",
    "viewpoints_of",
]
