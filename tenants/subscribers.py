"""What the platform does when it hears of something in a group."""

from forecourt.accounts.events import LoginChanged
from forecourt.kernel import events
from forecourt.kernel.groups import in_group
from tenants.memberships import announce


@events.subscribe(LoginChanged)
def follow_login(event: LoginChanged) -> None:
    """Operators' accounts belong to no group."""
    if in_group():
        announce(user_id=event.user_id)
