"""What is done with complaints."""

from apps.care.actions.compensation import (
    decline_by_flow,
    grant_by_flow,
    offer_compensation,
)
from apps.care.actions.complaints import (
    add_step,
    confirm_solution,
    dispatch_complaint,
    rate_complaint,
    register_complaint,
    reopen_complaint,
    solve_complaint,
)
from apps.care.actions.lateness import tell_of_late_complaints

__all__ = [
    "add_step",
    "confirm_solution",
    "decline_by_flow",
    "dispatch_complaint",
    "grant_by_flow",
    "offer_compensation",
    "rate_complaint",
    "register_complaint",
    "reopen_complaint",
    "solve_complaint",
    "tell_of_late_complaints",
]
