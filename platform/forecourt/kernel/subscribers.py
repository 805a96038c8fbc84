"""What the kernel itself does when something is written."""

from forecourt.kernel import audit
from forecourt.kernel.webhooks.waking import wake_after_commit

audit.on_writing(wake_after_commit)
