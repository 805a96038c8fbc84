"""Pages of webhooks: which systems are told of what, and what became of each event."""
