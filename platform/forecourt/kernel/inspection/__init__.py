"""What a file really is, told from its bytes alone: no database, no request, no name believed."""
