"""How the module refuses; each kind has a code that programs may rely on."""

from forecourt.kernel.errors import Conflict, Invalid


class ConditionInvalid(Invalid):
    """A condition of a segment makes no sense; ``place`` is (block, condition) where it stands."""

    code = "condition_invalid"

    def __init__(self, message: str, *, place: tuple[int, int] | None = None) -> None:
        super().__init__(message, field="conditions")
        self.place = place


class InUse(Conflict):
    """Something else still needs the record; the message says what."""

    code = "in_use"


class WrongState(Conflict):
    """A campaign or an automation is not in a state in which this can be done."""

    code = "wrong_state"


class RuleExists(Conflict):
    """This segment gives this tag already."""

    code = "rule_exists"
