"""Message catalogues without the gettext tools: extract, merge, check, compile."""
