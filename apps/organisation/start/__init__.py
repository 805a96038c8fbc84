"""The first steps of a new group: its owner, its first store, its people, sample data or none."""
