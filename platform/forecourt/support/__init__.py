"""Support access: a group's owner lets the platform's people in, for a time that she sets."""
