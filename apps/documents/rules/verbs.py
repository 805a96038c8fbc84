"""What the audit log calls what happens to documents, where several places need the word."""

ERASED = "papers erased"
