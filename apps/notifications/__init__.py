"""Notifications: who is told of what, where, in which words."""
