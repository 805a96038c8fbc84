"""How the module refuses; each kind has a code that programs may rely on."""

from forecourt.kernel.errors import Conflict, Invalid


class UnknownPlaceholder(Invalid):
    """A text names a placeholder that its event does not fill."""

    code = "unknown_placeholder"


class NotToBeSentAgain(Conflict):
    """The message was sent, or will be by itself."""

    code = "not_to_be_sent_again"
