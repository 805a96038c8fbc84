"""Refusals of documents that programs tell apart."""

from forecourt.kernel.errors import Conflict


class Kept(Conflict):
    """The document may not go: a legal hold is on it, or its time is not over."""

    code = "kept"
