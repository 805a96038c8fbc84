"""The platform's own tables: dealer groups, their addresses, spaces, sign-ups (public schema)."""
