"""Decisions about customers that need neither database, clock nor request."""

from apps.crm.rules.identity import PlateCheck, PlateKind, check_plate, normalise_plate

__all__ = ["PlateCheck", "PlateKind", "check_plate", "normalise_plate"]
