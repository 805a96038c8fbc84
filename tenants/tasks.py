"""The tasks of this app, under the name by which they are found at start."""

from tenants import backups, chores, finding, memberships, signups, sweeps

__all__ = ["backups", "chores", "finding", "memberships", "signups", "sweeps"]
