"""Kinds of documents, documents with their versions, and the records they belong to."""
