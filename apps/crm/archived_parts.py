"""What of feeds is withheld from a group's archive."""

from forecourt.kernel.archived import withhold

withhold("crm.LeadFeed", "token_digest")
