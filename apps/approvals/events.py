"""What others may hear of approvals; published in the transaction of the fact."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """People are asked to decide; ``staff_ids`` are those whose turn it became."""

    request_id: int
    step_index: int
    staff_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ApprovalGranted:
    """The last step was passed."""

    request_id: int
    submitter_id: int | None


@dataclass(frozen=True, slots=True)
class ApprovalRejected:
    request_id: int
    submitter_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalReturned:
    """The submitter is asked to change something and to submit again."""

    request_id: int
    submitter_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalWithdrawn:
    """The submitter took it back; ``staff_ids`` are those who need no longer decide."""

    request_id: int
    staff_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ApprovalDelegated:
    """``from_staff_id`` gave her turn to ``to_staff_id``."""

    request_id: int
    from_staff_id: int
    to_staff_id: int


@dataclass(frozen=True, slots=True)
class ApprovalReminded:
    """Somebody who has not decided was reminded by the clock."""

    request_id: int
    staff_id: int


@dataclass(frozen=True, slots=True)
class ApprovalEscalated:
    """The time limit of ``late_staff_id`` has passed; ``staff_ids`` are asked as well."""

    request_id: int
    late_staff_id: int
    staff_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ApprovalCommented:
    request_id: int
    staff_id: int | None
