"""What of the kernel's own tables a group's archive does not show."""

from forecourt.kernel.archived import withhold

withhold("kernel.DataKey", "wrapped")
# An answer may have told a secret that is told only once, a new webhook's.
withhold("kernel.IdempotencyKey", "body")
