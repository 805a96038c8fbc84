"""Reads of documents, each within the actor's sight."""
