"""Decisions about approvals that need neither database, clock nor request."""
