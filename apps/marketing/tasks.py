"""What happens by itself."""

from __future__ import annotations

from datetime import time

from apps.marketing import actions
from apps.marketing.queries import rules_to_run
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task


@daily(at=time(2, 50), when=lambda: rules_to_run().exists())
@group_task
def follow_segments() -> None:
    """Each night: tags that follow a segment are put on and taken back."""
    actions.run_tag_rules()
