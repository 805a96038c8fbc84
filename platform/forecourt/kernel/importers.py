"""The kernel imports nothing itself; this makes its background work known to every process."""

from forecourt.kernel.imports import engine

__all__ = ["engine"]
