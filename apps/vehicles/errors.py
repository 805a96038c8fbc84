"""Refusals that are particular to vehicles."""

from forecourt.kernel.errors import Conflict, Invalid


class MoveNotAllowed(Conflict):
    """The stock unit's state does not allow the move."""

    code = "move_not_allowed"


class VehicleTaken(Conflict):
    """Somebody else has the vehicle: reserved, sold, or moving to another store."""

    code = "vehicle_taken"


class StepNotAllowed(Conflict):
    """The transfer is not at the step that was asked for."""

    code = "step_not_allowed"


class AlreadyInStock(Conflict):
    """The vehicle with this VIN is held by the group already."""

    code = "already_in_stock"


class VinRefused(Invalid):
    """The VIN has an error, or a warning that nobody has confirmed."""

    code = "vin_refused"


class VinUnconfirmed(VinRefused):
    """The VIN is unusual; it is taken once a person confirms it."""

    code = "vin_unconfirmed"
