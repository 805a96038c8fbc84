"""Refusals of the domain, each with a stable code; interfaces map them to statuses once.

Anything that is not a ``DomainError`` is a bug and reaches the error tracker.
"""


class DomainError(Exception):
    """An action refused; nothing was written.

    ``message`` is a text for the person, already in her language; ``field`` is the name of the
    input that it stands beside, if there is one; ``code`` is stable for programs.
    """

    code = "refused"
    status = 422

    def __init__(self, message: object, *, field: str | None = None) -> None:
        super().__init__(message)
        self._message = message
        self.field = field

    @property
    def message(self) -> str:
        return str(self._message)


class Invalid(DomainError):
    """The input breaks a rule."""

    code = "invalid"
    status = 422


class Conflict(DomainError):
    """The state of the record does not allow it, or somebody else was first."""

    code = "conflict"
    status = 409


class NotPermitted(DomainError):
    """The person may not do this at all."""

    code = "not_permitted"
    status = 403


class NotFound(DomainError):
    """No such record, or not within the person's scope: the two are never told apart."""

    code = "not_found"
    status = 404
