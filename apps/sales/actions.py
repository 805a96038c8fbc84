"""Writes of sales."""

ORDER_NUMBER = "SO"
"""The kind of document under which sales orders are numbered."""
