"""Prepares a checkout on a machine that has git, make and Python, and nothing else.

Only the standard library is imported here: this code runs before anything is installed.
Every step is idempotent and skipped when its inputs have not changed.
"""
