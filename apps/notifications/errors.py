"""How the module refuses; each kind has a code that programs may rely on."""

from forecourt.kernel.errors import Invalid


class UnknownPlaceholder(Invalid):
    """A text names a placeholder that its event does not fill."""

    code = "unknown_placeholder"
