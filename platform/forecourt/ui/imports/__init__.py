"""The pages of an import: file, columns, check, run, result."""
