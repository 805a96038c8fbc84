"""Whether the codes on records are values of their lists."""

from collections.abc import Iterable

from forecourt.kernel.option_lists import actions
from forecourt.kernel.option_lists.declaration import all_lists
from forecourt.kernel.option_lists.values import values
from forecourt.kernel.verify import Problem, check


@check("option codes are values of their lists")
def codes_are_known() -> Iterable[Problem]:
    for declared in all_lists():
        if declared.holds_names:
            continue
        known = values(declared.code)
        for code, count in sorted(actions.usage(declared).items()):
            if code and code not in known:
                yield Problem(
                    f"{declared.code} {code}", f"{count} records hold a code that the list lacks"
                )


@check("built-in option values are there")
def built_in_values_are_there() -> Iterable[Problem]:
    for declared in all_lists():
        known = values(declared.code)
        for option in declared.values:
            if option.code not in known:
                yield Problem(f"{declared.code} {option.code}", "the built-in value is missing")
            elif option.fixed and not known[option.code].is_active:
                yield Problem(f"{declared.code} {option.code}", "is retired, though it is fixed")
