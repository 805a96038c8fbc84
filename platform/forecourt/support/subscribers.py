"""What the module listens to stands with what it does about it."""

from forecourt.support import granting

__all__ = ["granting"]
