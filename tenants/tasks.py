"""The tasks of this app, under the name by which they are found at start."""

from tenants import sweeps

__all__ = ["sweeps"]
