"""How Stripe says no."""

from typing import Any


class Refused(Exception):
    """Answered as Stripe answers: ``{"error": {"type", "message", "code", "param"}}``."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str = "",
        param: str = "",
    ) -> None:
        super().__init__(message)
        self.message, self.status = message, status
        self.kind, self.code, self.param = kind, code, param

    @property
    def document(self) -> dict[str, Any]:
        error = {"type": self.kind, "message": self.message}
        if self.code:
            error["code"] = self.code
        if self.param:
            error["param"] = self.param
        return {"error": error}


def missing(kind: str, row_id: str, param: str = "id") -> Refused:
    return Refused(
        f"No such {kind}: '{row_id}'",
        status=404 if param == "id" else 400,
        code="resource_missing",
        param=param,
    )
