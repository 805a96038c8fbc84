"""Plans, subscriptions and entitlements of the dealer groups (public schema)."""
