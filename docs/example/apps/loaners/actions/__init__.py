"""Writes of courtesy cars."""

from apps.loaners.actions.cars import CarRecord, record_cars
from apps.loaners.actions.loans import lend_by_flow, lend_car, refuse_by_flow, return_car
from apps.loaners.actions.reminders import remind_of_overdue_loans

__all__ = [
    "CarRecord",
    "lend_by_flow",
    "lend_car",
    "record_cars",
    "refuse_by_flow",
    "remind_of_overdue_loans",
    "return_car",
]
