"""What of the papers' tables a group's archive does not show."""

from forecourt.kernel.archived import withhold

withhold("documents.SigningRequest", "token_digest")
