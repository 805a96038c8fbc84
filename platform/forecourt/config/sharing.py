"""What a server loads before it forks, so that its workers share the memory and nobody waits."""

from forecourt.kernel.storage import group_storage
from forecourt.kernel.text import readings


def load_libraries() -> None:
    """Load what modules otherwise leave to who uses it: a command that does not, starts sooner."""
    import forecourt.kernel.papers.pades  # noqa: F401, PLC0415 - to be loaded is all

    readings()
    group_storage()
