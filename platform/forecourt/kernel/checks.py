"""What `manage.py verify` looks at of the kernel's own tables."""

from collections.abc import Iterator

from forecourt.kernel import seals
from forecourt.kernel.verify import Problem, check


@check("the audit log is as it was sealed")
def log_is_intact() -> Iterator[Problem]:
    for fault in seals.examine().faults:
        yield Problem(fault.subject, fault.message)
