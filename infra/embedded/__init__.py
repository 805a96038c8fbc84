"""The real PostgreSQL and Redis as children of one process, for a machine that has neither."""
