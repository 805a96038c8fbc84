"""How the module refuses; each kind has a code that programs may rely on."""

from forecourt.kernel.errors import Conflict, Invalid


class TransitionNotAllowed(Conflict):
    """A lead, opportunity or follow-up cannot go from its present state to the wanted one."""

    code = "transition_not_allowed"


class LeadAlreadyTaken(Conflict):
    """Somebody else was first; the message says who."""

    code = "lead_already_taken"


class CustomerAlreadyTaken(Conflict):
    """Somebody else was first, or the customer has an owner; the message says who."""

    code = "customer_already_taken"


class PhoneInUse(Conflict):
    """The phone belongs to another customer of the group."""

    code = "phone_in_use"


class NationalIdInUse(Conflict):
    """The citizen identity number belongs to another customer of the group."""

    code = "national_id_in_use"


class RecordChanged(Conflict):
    """Somebody else changed the record since it was read."""

    code = "record_changed"


class OverCap(Conflict):
    """The person already has as many open leads as she may."""

    code = "over_cap"


class NotAnAdvisor(Invalid):
    """The chosen person takes no leads: not active, or no sales advisor of the store."""

    code = "not_an_advisor"


class CannotMerge(Conflict):
    """The two customers cannot be made one, or no longer two; the message says why."""

    code = "cannot_merge"


class AlreadyBooked(Conflict):
    """The car or the advisor is in another test drive at that time; the message says in which."""

    code = "already_booked"


class TagExists(Conflict):
    """Another tag has this name."""

    code = "tag_exists"
