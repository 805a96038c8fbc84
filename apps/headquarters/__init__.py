"""Headquarters: all stores as one, each figure leading down to its rows."""
