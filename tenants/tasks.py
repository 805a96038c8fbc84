"""The tasks of this app, under the name by which they are found at start."""

from tenants import finding, memberships, signups, sweeps

__all__ = ["finding", "memberships", "signups", "sweeps"]
