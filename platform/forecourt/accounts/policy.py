"""What the group demands of everybody who signs in; the module that keeps the setting answers."""

from collections.abc import Callable

from forecourt.kernel.groups import in_group

Rule = Callable[[], bool]
_rules: list[Rule] = []


def second_factor_rule(rule: Rule) -> Rule:
    """Decorator: the function says whether the group that is entered demands a second factor."""
    _rules.append(rule)
    return rule


def requires_second_factor() -> bool:
    """Operators of the platform, whose accounts belong to no group, always need one."""
    return not in_group() or any(rule() for rule in _rules)
