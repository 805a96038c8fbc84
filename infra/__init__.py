"""What runs, installs and measures Forecourt; no application code."""
