"""Refusals of this module."""

from forecourt.kernel.errors import Conflict


class ComplaintStateError(Conflict):
    """The complaint is in a state in which this cannot be done."""

    code = "complaint_state"
