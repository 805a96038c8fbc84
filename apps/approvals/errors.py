"""How the module refuses; each kind has a code that programs may rely on."""

from forecourt.kernel.errors import Conflict, Invalid, NotPermitted


class ConditionRefused(Invalid):
    """A condition that is no safe, understandable expression over the subject's fields."""

    code = "condition_refused"


class NotYourTurn(Conflict):
    """The person is not asked at this moment: not at all, not yet, or no more."""

    code = "not_your_turn"


class AlreadyDecided(Conflict):
    """Somebody was faster, or the person has decided this already; the message says who."""

    code = "already_decided"


class SubjectChanged(Conflict):
    """What is to be approved is no longer what was submitted, or what the person has read."""

    code = "subject_changed"


class RequestEnded(Conflict):
    """The request is no longer under way."""

    code = "request_ended"


class UnderApproval(Conflict):
    """The subject waits for an approval already."""

    code = "under_approval"


class OwnRequest(NotPermitted):
    """Nobody approves what she submitted herself, unless the step allows it."""

    code = "own_request"
