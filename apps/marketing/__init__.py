"""Care and marketing: segments, rules for tags, automations, campaigns, within one budget."""
