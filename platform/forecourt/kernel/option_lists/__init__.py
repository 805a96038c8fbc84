"""Lists of values that a group keeps itself: lead sources, lost reasons, colours.

A module declares an :class:`OptionList` in its ``option_lists.py``; its rows hold the codes.
``docs/configuration.md`` says how forms, lists, the API and imports use them.
"""

from forecourt.kernel.option_lists.declaration import (
    Option,
    OptionList,
    all_lists,
    option_list,
    register,
)

__all__ = ["Option", "OptionList", "all_lists", "option_list", "register"]
