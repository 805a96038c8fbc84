"""The tasks of this app, under the name by which they are found at start."""

from billing import figures, inbox, sweeps, usage

__all__ = ["figures", "inbox", "sweeps", "usage"]
