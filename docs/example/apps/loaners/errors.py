"""How the module refuses; each kind has a code that programs may rely on."""

from forecourt.kernel.errors import Conflict


class CarTaken(Conflict):
    """Somebody has the car, or waits for the approval to get it."""

    code = "car_taken"


class NotLent(Conflict):
    """Only a car that is out can come back."""

    code = "not_lent"
