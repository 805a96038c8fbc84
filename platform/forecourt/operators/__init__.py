"""The platform's own people: what they see of the groups, and what they do about them.

Nothing here enters a group or reads one of its tables; a contract of import-linter forbids the
modules that could. What has to be done inside of a group is ordered, and a worker does it.
"""
