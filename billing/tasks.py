"""The tasks of this app, under the name by which they are found at start."""

from billing import inbox, sweeps, usage

__all__ = ["inbox", "sweeps", "usage"]
