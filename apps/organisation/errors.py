from collections.abc import Sequence

from forecourt.kernel.errors import Conflict, Invalid, NotPermitted


class CodeTaken(Conflict):
    code = "code_taken"


class StoreNotEmpty(Conflict):
    """A store closes only when nothing is left in it; ``left`` says what is, with addresses."""

    code = "store_not_empty"

    def __init__(self, message: object, *, left: Sequence[object]) -> None:
        super().__init__(message, field="state")
        self.left = left


class TransitionNotAllowed(Conflict):
    code = "transition_not_allowed"


class AddressInUse(Conflict):
    """Another member of staff has this e-mail address or mobile number."""

    code = "address_in_use"


class BeyondOwnRights(NotPermitted):
    """Nobody gives, takes or touches rights that she does not hold herself."""

    code = "beyond_own_rights"


class LastOwner(Conflict):
    """A group always has somebody who may do everything."""

    code = "last_owner"


class ManagerCycle(Invalid):
    code = "manager_cycle"


class SuccessorNeeded(Invalid):
    code = "successor_needed"


class InvitationVoid(Conflict):
    """The link was used, revoked, replaced by a newer one, or is too old."""

    code = "invitation_void"


class RoleInUse(Conflict):
    code = "role_in_use"


class RoleIsFixed(Conflict):
    """The group owner's role always holds everything, and built-in roles stay."""

    code = "role_is_fixed"


class NationalIdInUse(Conflict):
    """Somebody else who works here has this citizen identity number."""

    code = "national_id_in_use"
