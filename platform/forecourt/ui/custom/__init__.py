"""Custom fields in forms, lists and pages, and the pages on which they are defined."""
