"""What a group decides for itself, on pages of its own: reached from one page of settings."""
