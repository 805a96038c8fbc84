"""Stores and staff from files."""

from apps.organisation.importers.staff import StaffImporter
from apps.organisation.importers.stores import StoreImporter

__all__ = ["StaffImporter", "StoreImporter"]
