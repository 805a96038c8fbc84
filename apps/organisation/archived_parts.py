"""What of the organisation's tables a group's archive does not show."""

from forecourt.kernel.archived import withhold

withhold("organisation.Invitation", "digest")
