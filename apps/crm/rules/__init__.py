"""Decisions about customers that need neither database, clock nor request."""

from apps.crm.rules.identity import (
    CitizenIdCheck,
    Gender,
    IdentityFinding,
    PlateCheck,
    PlateKind,
    check_citizen_id,
    check_plate,
    citizen_id_check_character,
    normalise_plate,
)

__all__ = [
    "CitizenIdCheck",
    "Gender",
    "IdentityFinding",
    "PlateCheck",
    "PlateKind",
    "check_citizen_id",
    "check_plate",
    "citizen_id_check_character",
    "normalise_plate",
]
