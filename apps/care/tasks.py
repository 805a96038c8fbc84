"""What happens by itself: late complaints are told of."""

from apps.care.actions.lateness import tell_of_late_complaints
from apps.care.queries import has_untold
from forecourt.kernel.schedule import every
from forecourt.kernel.tasks import group_task


@every(minutes=5, when=has_untold)
@group_task
def tell_of_complaints() -> None:
    """Tell people of complaints whose time has passed, once for each."""
    tell_of_late_complaints()
