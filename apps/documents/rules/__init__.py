"""Decisions about documents that need neither database, clock nor request."""
